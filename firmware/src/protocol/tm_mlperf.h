/* MLPerf Tiny's serial commands (src-main/device/mlperf-protocol.ts), on a line that frames travel on too.
 *
 * No byte of a command can begin a frame, so the bytes that belong to no frame are read as commands. To noise and to the
 * rest of a damaged frame nothing is answered: text begins with the command `name`, the first that a runner sends, and
 * ends with the next whole frame. */
#ifndef TM_MLPERF_H
#define TM_MLPERF_H

#include <stdbool.h>

#include "thimble.h"
#include "tm_mlperf_tasks.h"
#include "tm_stream.h"

typedef struct {
    const char *id;
    uint32_t input; /* TM_MLPERF_INT8 … */
    uint32_t input_values;
    uint32_t output_values;
} tm_mlperf_task;

typedef struct {
    const tm_stream *stream;
    char line[TM_MLPERF_MAX_COMMAND + 1u];
    uint32_t filled;
    bool overlong;
    bool damaged;
    bool active;       /* a runner has said `name` */
    uint32_t commands; /* that were understood, wraps */

    /* since `name` */
    tm_status status;
    tm_model model;
    const tm_mlperf_task *task; /* NULL: the model in flash is none of them */
    uint8_t *loaded;            /* behind the model's part of the arena; NULL: no room */
    uint32_t loaded_bytes;
    uint32_t wanted_bytes;
    bool ran;

    /* The time, which stands still while a line of it is sent: a lap is of inferences alone. */
    uint64_t cycles;
    uint32_t counted; /* the counter when it was last added */
} tm_mlperf;

/* What a runner expects of a board that has started. */
void tm_mlperf_greet(tm_mlperf *mlperf);
/* A receiver's `stray`; the context is the tm_mlperf. */
void tm_mlperf_take(void *context, const uint8_t *bytes, uint32_t count);
/* To be called more often than the cycle counter wraps. */
void tm_mlperf_tick(tm_mlperf *mlperf);
/* The core has slept for so many cycles since the last tick; its counter may stand still then. */
void tm_mlperf_slept(tm_mlperf *mlperf, uint32_t cycles);

#endif /* TM_MLPERF_H */
