/* A ring buffer each way in RAM, laid out as SEGGER's RTT has it, so that any RTT viewer finds it too. */
#ifndef TM_RTT_H
#define TM_RTT_H

#include "tm_link.h"
#include "tm_stream.h"

/* The layout that debuggers expect: pointers and offsets are the target's own. */
typedef struct {
    const char *name;
    uint8_t *buffer;
    uint32_t size;
    volatile uint32_t write_offset;
    volatile uint32_t read_offset;
    uint32_t flags; /* 0: what doesn't fit is dropped, nobody waits */
} tm_rtt_ring;

typedef struct {
    volatile char id[16];
    int32_t up_rings;
    int32_t down_rings;
    tm_rtt_ring up;   /* to the host */
    tm_rtt_ring down; /* from the host */
} tm_rtt_control;

extern tm_rtt_control tm_rtt;
extern const tm_stream tm_rtt_stream;

/* Makes the control block valid: its id is written last. */
void tm_rtt_start(void);

#endif /* TM_RTT_H */
