#ifndef CACHES_H
#define CACHES_H

/* Cortex-M7: the vector table where it was linked, and both caches on. They hold nothing useful after a reset. */
void m7_start(void);

#endif /* CACHES_H */
