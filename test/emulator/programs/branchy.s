@ Speed: bytes of a pseudo-random table sorted into four kinds by branches that nobody can predict; PASSES times.
    .syntax unified
    .cpu cortex-m4
    .thumb
    .ifndef PASSES
    .equ PASSES, 400
    .endif
    .section .vectors, "a"
    .word 0x20010000
    .word Reset_Handler
    .text
    .global Reset_Handler
    .thumb_func
Reset_Handler:
    movw r9, #PASSES
    ldr r0, =0x20000000
    movw r1, #4096
    movw r2, #12345
    ldr r3, =1664525
    ldr r4, =1013904223
fill:
    mla r2, r2, r3, r4
    lsrs r5, r2, #24
    strb r5, [r0], #1
    subs r1, #1
    bne fill
    movs r4, #0
    movs r5, #0
    movs r6, #0
    movs r7, #0
pass:
    ldr r0, =0x20000000
    movw r3, #4096
next:
    ldrb r2, [r0], #1
    lsls r1, r2, #31
    beq even
    cmp r2, #100
    bhi large
    adds r4, r2
    b counted
large:
    subs r5, #1
    b counted
even:
    cmp r2, #50
    blo small
    eors r6, r2
    b counted
small:
    adds r7, #1
    adds r6, r7
counted:
    subs r3, #1
    bne next
    subs r9, #1
    bne pass
    movs r0, #0x18
    ldr r1, =0x20026
    bkpt 0xAB
