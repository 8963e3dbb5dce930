#ifndef TM_STREAM_H
#define TM_STREAM_H

#include <stdint.h>

/* A byte stream in both directions: an RTT channel, a USART. */
typedef struct tm_stream {
    /* Takes what has arrived, at most room bytes, without waiting; returns how many. */
    uint32_t (*read)(uint8_t *to, uint32_t room);
    /* Bytes that can't be taken are lost: the frame's CRC tells the host. */
    void (*write)(const uint8_t *from, uint32_t bytes);
    /* The rate nearest to so many baud, 0 when it is too far off. NULL where a stream has no rate. */
    uint32_t (*nearest_rate)(uint32_t baud);
    /* Lets what was written leave, then changes the rate both ways. */
    void (*set_rate)(uint32_t baud);
} tm_stream;

#endif /* TM_STREAM_H */
