/* Calls generated kernels as the firmware does and writes each output to standard output, in hexadecimal, a line a case.
   A case is a word of each: kernel, constants, input, second input (or 0), its bytes, bytes of scratch, bytes of the
   output. `memory` holds scratch or the second input, then the output. */
#include <stdint.h>
#include <string.h>

typedef void kernel(const void *input, void *output, void *second, const void *constants);

struct kernel_case {
    kernel *run;
    const void *constants, *input, *second;
    uint32_t second_bytes, scratch_bytes, output_bytes;
};
extern const struct kernel_case cases[];
extern const uint32_t case_count;
extern uint8_t memory[];

void *memcpy(void *to, const void *from, size_t count)
{
    for (size_t i = 0; i < count; i++) ((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    return to;
}

static int semihosting(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static char text[256];

static void write_text(int handle, uint32_t length)
{
    const uint32_t request[3] = {(uint32_t)handle, (uint32_t)text, length};
    semihosting(0x05, request);
}

static void write_line(int handle, const uint8_t *bytes, uint32_t count)
{
    uint32_t length = 0;
    for (uint32_t i = 0; i < count; i++) {
        text[length++] = "0123456789abcdef"[bytes[i] >> 4];
        text[length++] = "0123456789abcdef"[bytes[i] & 15];
        if (length == sizeof text) {
            write_text(handle, length);
            length = 0;
        }
    }
    text[length++] = '\n';
    write_text(handle, length);
}

static void hang(void)
{
    for (;;);
}

void Reset_Handler(void)
{
    static const uint32_t console[3] = {(uint32_t)":tt", 4, 3};
    const int handle = semihosting(0x01, console);
    for (uint32_t i = 0; i < case_count; i++) {
        const struct kernel_case *const c = &cases[i];
        uint8_t *const output = memory + ((c->scratch_bytes + 3) & ~3u);
        if (c->second) memcpy(memory, c->second, c->second_bytes);
        c->run(c->input, output, memory, c->constants);
        write_line(handle, output, c->output_bytes);
    }
    semihosting(0x18, (const void *)0x20026);
    hang();
}

extern uint32_t __stack;
__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
    &__stack, Reset_Handler, hang, hang, hang, hang, hang, 0, 0, 0, 0, hang, hang, 0, hang, hang,
};
