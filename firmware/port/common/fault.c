#include "fault.h"

#include "core_registers.h"
#include "usart.h"
#include "tm_frame.h"

tm_fault_record tm_fault;

/* Where a stack may be; placed by link.ld. */
extern uint8_t tm_ram_start[], tm_ram_bytes[], tm_ccm_start[], tm_ccm_bytes[];

/* What the core stacks at an exception, Armv7-M ARM B1.5.6 */
typedef struct {
    uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
} exception_frame;

/* ---- a fault that is asked for: while memory_answers() tries an address */

__attribute__((used)) static volatile bool probing;
static volatile bool probe_failed;

__attribute__((used)) static void skip_instruction(exception_frame *frame)
{
    const uint16_t instruction = *(const uint16_t *)frame->pc;
    const bool wide = (instruction >> 11) >= 0x1Du;
    frame->pc += wide ? 4u : 2u;
    SCB_CFSR = SCB_CFSR; /* write 1 to clear */
    probe_failed = true;
}

__attribute__((naked)) void tm_bus_fault(void)
{
    __asm volatile("ldr r0, =probing\n"
                   "ldrb r0, [r0]\n"
                   "cmp r0, #0\n"
                   "beq tm_any_fault\n"
                   "mov r0, sp\n"
                   "b skip_instruction");
}

void faults_enable(void)
{
    SCB_SHCSR |= SCB_SHCSR_MEMFAULTENA | SCB_SHCSR_BUSFAULTENA | SCB_SHCSR_USGFAULTENA;
    __asm volatile("dsb\n isb" ::: "memory");
}

bool memory_answers(volatile uint32_t *address)
{
    probe_failed = false;
    probing = true;
    bool answers = false;
    const uint32_t before = *address; /* a load faults precisely, a buffered store need not: load first */
    __asm volatile("dsb" ::: "memory");
    if (!probe_failed) {
        *address = ~before;
        __asm volatile("dsb" ::: "memory");
        answers = *address == ~before && !probe_failed;
        *address = before;
        __asm volatile("dsb" ::: "memory");
    }
    probing = false;
    return answers;
}

/* ---- any other fault: leave a record in RAM for the probe, say it on the serial line, and stop */

static bool holds(const uint8_t *start, const uint8_t *bytes, const exception_frame *frame)
{
    return ((uint32_t)frame & 3u) == 0u && (uint32_t)frame - (uint32_t)start <= (uint32_t)bytes - sizeof *frame;
}

__attribute__((used, noreturn)) static void record_and_stop(const exception_frame *frame)
{
    static const exception_frame unknown = { 0 };
    /* A stack that overflowed may be what caused the fault: a second fault on reading it would lock the core up. */
    const bool readable = holds(tm_ram_start, tm_ram_bytes, frame) || holds(tm_ccm_start, tm_ccm_bytes, frame);
    const exception_frame *f = readable ? frame : &unknown;
    tm_fault = (tm_fault_record){
        .exception = SCB_ICSR & 0x1FFu,
        .r0 = f->r0,
        .r1 = f->r1,
        .r2 = f->r2,
        .r3 = f->r3,
        .r12 = f->r12,
        .lr = f->lr,
        .pc = f->pc,
        .xpsr = f->xpsr,
        .sp = (uint32_t)frame,
        .cfsr = SCB_CFSR,
        .hfsr = SCB_HFSR,
        .mmfar = SCB_MMFAR,
        .bfar = SCB_BFAR,
    };
    __asm volatile("dmb" ::: "memory");
    tm_fault.magic = TM_FAULT_MAGIC;

    tm_sender sender;
    tm_frame_begin(&sender, &usart_stream, TM_LINK_FAULT, 0u, sizeof tm_fault);
    tm_frame_add(&sender, &tm_fault, sizeof tm_fault);
    tm_frame_end(&sender);
    for (;;) {
        __asm volatile("wfi");
    }
}

/* The stack may be what is broken: go on with the one of the start. */
__attribute__((naked)) void tm_any_fault(void)
{
    __asm volatile("mov r0, sp\n"
                   "ldr r1, =tm_boot_stack_top\n"
                   "mov sp, r1\n"
                   "b record_and_stop");
}
