/* Talks to whoever debugs it, in every way that prints, and ends. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((noinline)) static int call(int operation, const void *argument) {
  register int r0 __asm("r0") = operation;
  register const void *r1 __asm("r1") = argument;
  __asm volatile(".global the_call\nthe_call: bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

volatile int refused, read_back = -2;

__attribute__((noinline)) void half_way(void) { __asm volatile(""); }

int main(void) {
  char character;
  printf("%d %.3f %s\n", 42, 2.5, "Gr\303\274\303\237e");
  call(0x04, "a text of its own that is longer than one piece of memory that is read, so it takes more\n");
  for (const char *at = "one by one\n"; *at != 0; at++) call(0x03, at);
  fprintf(stderr, "aside\n");
  refused = call(0x04, (const void *)0xF0000000);
  half_way();
  read_back = (int)read(0, &character, 1);
  half_way();
  exit(17);
}
