@ Speed: an int8 dot product of 8 KB over and over, as a compiler with DSP would have it; PASSES times.
    .ifndef PASSES
    .equ PASSES, 4000
    .endif
    .syntax unified
    .cpu cortex-m4
    .thumb
    .section .vectors, "a"
    .word 0x20010000
    .word Reset_Handler
    .text
    .global Reset_Handler
    .thumb_func
Reset_Handler:
    movw r9, #PASSES
    ldr r0, =0x20000000
    movw r1, #8192
    movw r2, #12345
    ldr r3, =1664525
    ldr r4, =1013904223
fill:
    mla r2, r2, r3, r4
    lsrs r5, r2, #24
    strb r5, [r0], #1
    subs r1, #1
    bne fill
    movs r8, #0
pass:
    ldr r0, =0x20000000
    ldr r1, =0x20001000
    movw r3, #1024
inner:
    ldr r4, [r0], #4
    ldr r5, [r1], #4
    sxtb16 r6, r4
    sxtb16 r7, r5
    sxtb16 r4, r4, ror #8
    sxtb16 r5, r5, ror #8
    smlad r8, r6, r7, r8
    smlad r8, r4, r5, r8
    subs r3, #1
    bne inner
    subs r9, #1
    bne pass
    movs r0, #0x18
    ldr r1, =0x20026
    bkpt 0xAB
