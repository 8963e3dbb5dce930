/* Runs the blocks of a random program and prints what each left in the registers, one line a block. */
#include <stdint.h>
#include <stdio.h>

extern void (*const blocks[])(void);
extern uint32_t results[45];

int main(void)
{
    static char line[45 * 9 + 1];
    for (int b = 0; blocks[b]; b++) {
        blocks[b]();
        char *at = line;
        for (int i = 0; i < 45; i++) {
            for (int shift = 28; shift >= 0; shift -= 4) *at++ = "0123456789abcdef"[(results[i] >> shift) & 15];
            *at++ = ' ';
        }
        at[-1] = '\n';
        *at = 0;
        fputs(line, stdout);
    }
    return 0;
}
