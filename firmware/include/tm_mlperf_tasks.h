/* Generated from src-main/device/mlperf-protocol.ts: change the table there; its test, run with vitest -u, writes this file. */

#ifndef TM_MLPERF_TASKS_H

#define TM_MLPERF_TASKS_H

#include <stdint.h>

/* Sizes */
#define TM_MLPERF_MAX_COMMAND 80u
#define TM_MLPERF_DECIMALS    6u

/* What loaded bytes are */
#define TM_MLPERF_INT8    0u
#define TM_MLPERF_UINT8   1u
#define TM_MLPERF_FLOAT32 2u

/* kws01 */
#define TM_MLPERF_KWS01_INPUT         0u
#define TM_MLPERF_KWS01_INPUT_VALUES  490u
#define TM_MLPERF_KWS01_OUTPUT_VALUES 12u

/* ic01 */
#define TM_MLPERF_IC01_INPUT         1u
#define TM_MLPERF_IC01_INPUT_VALUES  3072u
#define TM_MLPERF_IC01_OUTPUT_VALUES 10u

/* vww01 */
#define TM_MLPERF_VWW01_INPUT         1u
#define TM_MLPERF_VWW01_INPUT_VALUES  27648u
#define TM_MLPERF_VWW01_OUTPUT_VALUES 2u

/* ad01 */
#define TM_MLPERF_AD01_INPUT         2u
#define TM_MLPERF_AD01_INPUT_VALUES  640u
#define TM_MLPERF_AD01_OUTPUT_VALUES 640u

#endif /* TM_MLPERF_TASKS_H */
