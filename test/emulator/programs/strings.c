/* The C library's memory and string functions, allocation, and unaligned accesses. */
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static jmp_buf escape;
static void leave(int depth)
{
    if (depth == 0) longjmp(escape, 42);
    leave(depth - 1);
}

int main(void)
{
    static uint8_t from[600], to[600];
    for (int i = 0; i < 600; i++) from[i] = (uint8_t)(i * 37 + 11);
    for (int offset = 0; offset < 8; offset++) {
        for (int length = 0; length < 80; length += 7) {
            memset(to, 0xee, sizeof to);
            memcpy(to + offset, from + 8 - offset, (size_t)length);
            memmove(to + offset + 3, to + offset, (size_t)length);
            uint32_t hash = 5381;
            for (int i = 0; i < 120; i++) hash = hash * 33 + to[i];
            uint32_t unaligned;
            uint16_t half;
            memcpy(&unaligned, to + offset, 4);
            memcpy(&half, to + offset + 1, 2);
            printf("%lx %lx %x\n", (unsigned long)hash, (unsigned long)unaligned, half);
        }
    }
    char text[100] = "";
    for (int i = 0; i < 9; i++) sprintf(text + strlen(text), "%d,%c,%s;", i * i, 'a' + i, i & 1 ? "odd" : "even");
    puts(text);
    char *rest = text;
    for (char *word; (word = strtok_r(rest, ";", &rest)) != NULL;) printf("[%s] %d\n", word, atoi(word));
    char **list = malloc(50 * sizeof *list);
    for (int i = 0; i < 50; i++) {
        list[i] = malloc((size_t)(i * 13 + 1));
        memset(list[i], 'a' + i % 26, (size_t)(i * 13));
        list[i][i * 13] = 0;
        if (i % 3 == 0) list[i] = realloc(list[i], 5);
    }
    for (int i = 0; i < 50; i += 7) printf("%.4s\n", list[i]);
    for (int i = 0; i < 50; i++) free(list[i]);
    int code = setjmp(escape);
    if (code == 0) leave(30);
    fprintf(stdout, "%d %ld %.3f %s\n", code, strtol("-0x7fff", NULL, 16), strtod("2.5e-3", NULL), strstr(text, "4"));
    return code;
}
