#include <stddef.h>

void print(const char *text, size_t length);
int main(void);
