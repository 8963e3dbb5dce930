/* Start and output of run-model.c on a chip, through semihosting and without a C library's start-up: that asks the host
   what it can do, and QEMU and the emulator answer differently. */
#include <stddef.h>
#include <stdint.h>

#include "run-model.h"

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_EXIT = 0x18, APPLICATION_EXIT = 0x20026, RUN_TIME_ERROR = 0x20023 };

static int handle;

static int semihosting(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void print(const char *text, size_t length)
{
    const uint32_t request[3] = {(uint32_t)handle, (uint32_t)text, length};
    semihosting(SYS_WRITE, request);
}

void _start(void);
void _start(void)
{
    static const uint32_t console[3] = {(uint32_t)":tt", 4, 3};
    handle = semihosting(SYS_OPEN, console);
    semihosting(SYS_EXIT, (const void *)(main() == 0 ? APPLICATION_EXIT : RUN_TIME_ERROR));
    for (;;);
}
