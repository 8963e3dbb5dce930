@ Loops, calls, IT blocks that skip, table branches and exceptions: every instruction counts as one, skipped ones too.
    .syntax unified
    .cpu cortex-m4
    .thumb
    .section .vectors, "a"
    .word 0x20010000
    .word Reset_Handler
    .rept 9
    .word Hang
    .endr
    .word Service
    .rept 4
    .word Hang
    .endr
    .text
    .global Reset_Handler
    .thumb_func
Reset_Handler:
    movs r4, #200
    movs r5, #0
loop:
    ands r0, r4, #3
    tbb [pc, r0]
table:
    .byte (case0 - table) / 2, (case1 - table) / 2, (case2 - table) / 2, (case3 - table) / 2
case0:
    bl leaf
    b done
case1:
    svc #7
    b done
case2:
    cmp r4, #100
    itete gt
    addgt r5, #1
    suble r5, #1
    movgt.w r6, #8
    movle r6, #9
    b done
case3:
    push {r4, r5}
    ldrd r6, r7, [sp]
    pop {r4, r5}
done:
    subs r4, #1
    bne loop
    movs r0, #0x18
    ldr r1, =0x20026
    bkpt 0xAB
    .thumb_func
leaf:
    push {lr}
    cbz r0, out
    adds r5, #100
out:
    pop {pc}
    .thumb_func
Service:
    adds r5, #3
    bx lr
    .thumb_func
Hang:
    b Hang
