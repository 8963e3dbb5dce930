@ Vector table and reset: switches the FPU on, then goes to newlib's _start or to main.
    .syntax unified
    .cpu cortex-m4
    .thumb

    .section .vectors, "a"
    .word __stack
    .word Reset_Handler
    .word Hang, Hang, Hang, Hang, Hang, 0, 0, 0, 0, Hang, Hang, 0, Hang, Hang

    .text
    .global Reset_Handler
    .thumb_func
Reset_Handler:
    ldr r0, =0xE000ED88
    ldr r1, [r0]
    orr r1, r1, #0xF00000
    str r1, [r0]
    dsb
    isb
    b _start

    .thumb_func
Hang:
    b Hang
