/* What a debugger traces and watches: text on ITM's port 0, a word on port 1, a halfword on port 2, and a counter. */

#define STIMULUS(port, type) (*(volatile type *)(0xE0000000u + 4u * (port)))
#define COUNTER (*(volatile unsigned *)0x20006000u)
#define LOOKED_AT (*(volatile unsigned *)0x20006010u)

void Reset_Handler(void) {
  for (const char *text = "Hello, trace\n"; *text != 0; text++) {
    while ((STIMULUS(0, unsigned) & 1) == 0) {
    }
    STIMULUS(0, unsigned char) = (unsigned char)*text;
  }
  STIMULUS(1, unsigned) = 0x12345678u;
  STIMULUS(2, unsigned short) = 0xABCDu;
  for (;;) {
    COUNTER = COUNTER + 1;
    (void)LOOKED_AT;
  }
}

extern unsigned __stack;
__attribute__((section(".vectors"), used)) static void *const vectors[2] = {&__stack, (void *)Reset_Handler};
