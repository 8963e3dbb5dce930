// Answers of TensorFlow Lite Micro's reference arithmetic over every input there is: the CRC-32 of all outputs, as bytes in
// the order of the inputs from -128 on, of two inputs the second one counting fastest. They were made once with gemmlowp's
// own fixedpoint.h around the bodies of TFLM's reference kernels and Prepare functions.

/** [scale, zero point] */
type Affine = readonly [scale: number, zeroPoint: number]

export interface UnaryAnswer {
  kind: 'ABS' | 'HARD_SWISH' | 'LEAKY_RELU' | 'LOGISTIC' | 'TANH'
  input: Affine
  output: Affine
  alpha?: number
  crc32: number
}

export const UNARY_ANSWERS: readonly UnaryAnswer[] = [
  { kind: 'ABS', input: [0.00390625, -128], output: [0.00390625, -128], crc32: 2018391513 },
  { kind: 'ABS', input: [0.00390625, -128], output: [17, 0], crc32: 227968344 },
  { kind: 'ABS', input: [0.0078125, -128], output: [6.5, 127], crc32: 2950893963 },
  { kind: 'ABS', input: [0.0235294122, -128], output: [0.000899999985, -3], crc32: 3078078914 },
  { kind: 'ABS', input: [0.0472440943, -128], output: [1.70000005, 37], crc32: 3574765725 },
  { kind: 'ABS', input: [0.100000001, -128], output: [0.699999988, -128], crc32: 751631416 },
  { kind: 'ABS', input: [0.25, -128], output: [0.25, 0], crc32: 1749931368 },
  { kind: 'ABS', input: [0.699999988, -128], output: [0.100000001, 127], crc32: 2950893963 },
  { kind: 'ABS', input: [1.70000005, -128], output: [0.0472440943, -3], crc32: 3412097248 },
  { kind: 'ABS', input: [0.000899999985, -128], output: [0.0235294122, 37], crc32: 3489189379 },
  { kind: 'ABS', input: [6.5, -128], output: [0.0078125, -128], crc32: 3682667807 },
  { kind: 'ABS', input: [17, -128], output: [0.00390625, 0], crc32: 527639556 },
  { kind: 'ABS', input: [17, -128], output: [17, 127], crc32: 2950893963 },
  { kind: 'HARD_SWISH', input: [0.00390625, -128], output: [0.00390625, -128], crc32: 1990893824 },
  { kind: 'HARD_SWISH', input: [0.00390625, 0], output: [1.70000005, 37], crc32: 4047103669 },
  { kind: 'HARD_SWISH', input: [0.0078125, -3], output: [0.25, 127], crc32: 2174233124 },
  { kind: 'HARD_SWISH', input: [0.0235294122, -128], output: [0.0472440943, -128], crc32: 1812211784 },
  { kind: 'HARD_SWISH', input: [0.0472440943, 37], output: [0.00390625, 127], crc32: 880781556 },
  { kind: 'HARD_SWISH', input: [0.0472440943, -128], output: [1.70000005, 37], crc32: 1911026378 },
  { kind: 'HARD_SWISH', input: [0.100000001, 0], output: [0.0472440943, -3], crc32: 486225753 },
  { kind: 'HARD_SWISH', input: [0.100000001, 127], output: [17, 127], crc32: 2950893963 },
  { kind: 'HARD_SWISH', input: [0.25, -3], output: [0.699999988, 37], crc32: 2965099680 },
  { kind: 'HARD_SWISH', input: [0.699999988, -128], output: [0.100000001, 127], crc32: 2950893963 },
  { kind: 'HARD_SWISH', input: [1.70000005, -128], output: [0.0472440943, -3], crc32: 1230974018 },
  { kind: 'HARD_SWISH', input: [0.000899999985, 37], output: [0.00390625, -128], crc32: 1734435816 },
  { kind: 'HARD_SWISH', input: [6.5, 37], output: [0.100000001, 37], crc32: 1830798174 },
  { kind: 'HARD_SWISH', input: [17, -3], output: [0.699999988, 127], crc32: 2950893963 },
  { kind: 'LEAKY_RELU', input: [0.00390625, -128], output: [0.00390625, -128], alpha: 0.200000003, crc32: 2018391513 },
  { kind: 'LEAKY_RELU', input: [0.00390625, -128], output: [17, 0], alpha: 0.200000003, crc32: 227968344 },
  { kind: 'LEAKY_RELU', input: [0.0078125, -128], output: [6.5, 127], alpha: 0.200000003, crc32: 2950893963 },
  {
    kind: 'LEAKY_RELU',
    input: [0.0235294122, -128],
    output: [0.000899999985, -3],
    alpha: 0.200000003,
    crc32: 3078078914,
  },
  { kind: 'LEAKY_RELU', input: [0.0472440943, -128], output: [1.70000005, 37], alpha: 0.200000003, crc32: 3574765725 },
  { kind: 'LEAKY_RELU', input: [0.100000001, -128], output: [0.699999988, -128], alpha: 0.200000003, crc32: 751631416 },
  { kind: 'LEAKY_RELU', input: [0.25, -128], output: [0.25, 0], alpha: 0.200000003, crc32: 1749931368 },
  { kind: 'LEAKY_RELU', input: [0.699999988, -128], output: [0.100000001, 127], alpha: 0.200000003, crc32: 2950893963 },
  { kind: 'LEAKY_RELU', input: [1.70000005, -128], output: [0.0472440943, -3], alpha: 0.200000003, crc32: 3412097248 },
  {
    kind: 'LEAKY_RELU',
    input: [0.000899999985, -128],
    output: [0.0235294122, 37],
    alpha: 0.200000003,
    crc32: 3489189379,
  },
  { kind: 'LEAKY_RELU', input: [6.5, -128], output: [0.0078125, -128], alpha: 0.200000003, crc32: 3682667807 },
  { kind: 'LEAKY_RELU', input: [17, -128], output: [0.00390625, 0], alpha: 0.200000003, crc32: 527639556 },
  { kind: 'LEAKY_RELU', input: [17, -128], output: [17, 127], alpha: 0.200000003, crc32: 2950893963 },
  { kind: 'LOGISTIC', input: [0.00390625, -128], output: [0.00390625, -128], crc32: 1155610977 },
  { kind: 'LOGISTIC', input: [0.00390625, 127], output: [0.00390625, -128], crc32: 2800866917 },
  { kind: 'LOGISTIC', input: [0.0078125, 37], output: [0.00390625, -128], crc32: 3728396099 },
  { kind: 'LOGISTIC', input: [0.0235294122, 0], output: [0.00390625, -128], crc32: 1639939509 },
  { kind: 'LOGISTIC', input: [0.0472440943, -3], output: [0.00390625, -128], crc32: 108088159 },
  { kind: 'LOGISTIC', input: [0.100000001, -128], output: [0.00390625, -128], crc32: 225321303 },
  { kind: 'LOGISTIC', input: [0.100000001, 127], output: [0.00390625, -128], crc32: 1713724543 },
  { kind: 'LOGISTIC', input: [0.25, 37], output: [0.00390625, -128], crc32: 4097280804 },
  { kind: 'LOGISTIC', input: [0.699999988, 0], output: [0.00390625, -128], crc32: 337808668 },
  { kind: 'LOGISTIC', input: [1.70000005, -3], output: [0.00390625, -128], crc32: 725398473 },
  { kind: 'LOGISTIC', input: [0.000899999985, -128], output: [0.00390625, -128], crc32: 1776624754 },
  { kind: 'LOGISTIC', input: [0.000899999985, 127], output: [0.00390625, -128], crc32: 1244451190 },
  { kind: 'LOGISTIC', input: [6.5, 37], output: [0.00390625, -128], crc32: 684444536 },
  { kind: 'LOGISTIC', input: [17, 0], output: [0.00390625, -128], crc32: 3193277673 },
  { kind: 'TANH', input: [0.00390625, -128], output: [0.0078125, 0], crc32: 2423837242 },
  { kind: 'TANH', input: [0.00390625, 127], output: [0.0078125, 0], crc32: 625532252 },
  { kind: 'TANH', input: [0.0078125, 37], output: [0.0078125, 0], crc32: 2339356145 },
  { kind: 'TANH', input: [0.0235294122, 0], output: [0.0078125, 0], crc32: 4067632669 },
  { kind: 'TANH', input: [0.0472440943, -3], output: [0.0078125, 0], crc32: 86753239 },
  { kind: 'TANH', input: [0.100000001, -128], output: [0.0078125, 0], crc32: 45954523 },
  { kind: 'TANH', input: [0.100000001, 127], output: [0.0078125, 0], crc32: 3737712971 },
  { kind: 'TANH', input: [0.25, 37], output: [0.0078125, 0], crc32: 1836276069 },
  { kind: 'TANH', input: [0.699999988, 0], output: [0.0078125, 0], crc32: 3827188001 },
  { kind: 'TANH', input: [1.70000005, -3], output: [0.0078125, 0], crc32: 2794763905 },
  { kind: 'TANH', input: [0.000899999985, -128], output: [0.0078125, 0], crc32: 464243114 },
  { kind: 'TANH', input: [0.000899999985, 127], output: [0.0078125, 0], crc32: 2879936732 },
  { kind: 'TANH', input: [6.5, 37], output: [0.0078125, 0], crc32: 684444536 },
  { kind: 'TANH', input: [17, 0], output: [0.0078125, 0], crc32: 3193277673 },
]

export interface BinaryAnswer {
  kind: 'MUL' | 'PRELU' | 'SUB'
  inputs: readonly [Affine, Affine]
  output: Affine
  crc32: number
}

export const BINARY_ANSWERS: readonly BinaryAnswer[] = [
  {
    kind: 'MUL',
    inputs: [
      [0.000899999985, 127],
      [0.00109999999, -77],
    ],
    output: [9.89999971e-5, -3],
    crc32: 2300240379,
  },
  {
    kind: 'MUL',
    inputs: [
      [0.0235294122, -128],
      [0.0313725509, 5],
    ],
    output: [0.0738177672, 37],
    crc32: 2688052472,
  },
  {
    kind: 'MUL',
    inputs: [
      [0.0472440943, -3],
      [0.0078125, -128],
    ],
    output: [0.0369094498, 127],
    crc32: 1705271596,
  },
  {
    kind: 'MUL',
    inputs: [
      [0.100000001, 0],
      [0.550000012, 127],
    ],
    output: [5.50000048, 11],
    crc32: 3698785635,
  },
  {
    kind: 'MUL',
    inputs: [
      [0.25, 11],
      [0.310000002, -9],
    ],
    output: [7.75, 0],
    crc32: 1259892056,
  },
  {
    kind: 'MUL',
    inputs: [
      [0.699999988, 37],
      [0.0130000003, 0],
    ],
    output: [0.910000026, -128],
    crc32: 4089343501,
  },
  {
    kind: 'PRELU',
    inputs: [
      [0.000899999985, 127],
      [0.00109999999, -77],
    ],
    output: [0.00116999994, 0],
    crc32: 1233528754,
  },
  {
    kind: 'PRELU',
    inputs: [
      [0.0235294122, -128],
      [0.0313725509, 5],
    ],
    output: [0.0305882338, 127],
    crc32: 2335450611,
  },
  {
    kind: 'PRELU',
    inputs: [
      [0.0472440943, -3],
      [0.0078125, -128],
    ],
    output: [0.0614173189, 11],
    crc32: 76791070,
  },
  {
    kind: 'PRELU',
    inputs: [
      [0.100000001, 0],
      [0.550000012, 127],
    ],
    output: [0.129999995, -128],
    crc32: 4270518829,
  },
  {
    kind: 'PRELU',
    inputs: [
      [0.25, 11],
      [0.310000002, -9],
    ],
    output: [0.324999988, 37],
    crc32: 2074062656,
  },
  {
    kind: 'PRELU',
    inputs: [
      [0.699999988, 37],
      [0.0130000003, 0],
    ],
    output: [0.909999967, -3],
    crc32: 407366182,
  },
  {
    kind: 'SUB',
    inputs: [
      [0.000899999985, 127],
      [0.00109999999, -77],
    ],
    output: [0.00159999996, -128],
    crc32: 1899600638,
  },
  {
    kind: 'SUB',
    inputs: [
      [0.0235294122, -128],
      [0.0313725509, 5],
    ],
    output: [0.0439215712, 0],
    crc32: 2980461041,
  },
  {
    kind: 'SUB',
    inputs: [
      [0.0472440943, -3],
      [0.0078125, -128],
    ],
    output: [0.0440452769, 37],
    crc32: 1345338221,
  },
  {
    kind: 'SUB',
    inputs: [
      [0.100000001, 0],
      [0.550000012, 127],
    ],
    output: [0.520000041, 127],
    crc32: 2229664203,
  },
  {
    kind: 'SUB',
    inputs: [
      [0.25, 11],
      [0.310000002, -9],
    ],
    output: [0.448000014, -3],
    crc32: 3223757327,
  },
  {
    kind: 'SUB',
    inputs: [
      [0.699999988, 37],
      [0.0130000003, 0],
    ],
    output: [0.5704, 11],
    crc32: 1572159935,
  },
]
