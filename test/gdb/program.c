/* What the debugger looks at: a call chain, globals in RAM, floating point, an exception, and a loop that never ends. */

volatile int rounds;
volatile float ratio = 0.5f;
volatile int values[4] = {1, 2, 3, 4};

int sum_of(const volatile int *numbers, int count) {
  int sum = 0;
  for (int i = 0; i < count; i++) sum += numbers[i];
  return sum;
}

int weigh(int factor) { return factor * sum_of(values, 4); }

volatile int answered;

/* Stacks the floating-point registers too: main uses them. */
void SVC_Handler(void) { answered++; }

void ask(void) { __asm volatile("svc 7"); }

int main(void) {
  for (;;) {
    rounds++;
    ratio = ratio * 1.5f;
    values[0] = weigh(rounds);
    ask();
  }
}

void Reset_Handler(void) {
  *(volatile unsigned *)0xE000ED88 |= 0xF00000; /* CPACR: the FPU on */
  __asm volatile("dsb\n isb");
  main();
}

extern unsigned __stack;
__attribute__((section(".vectors"), used)) static void *const vectors[16] = {
    [0] = &__stack, [1] = (void *)Reset_Handler, [11] = (void *)SVC_Handler};
