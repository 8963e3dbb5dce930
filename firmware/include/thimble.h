/* Thimble's runtime: checks a packed model and runs its plan. It allocates nothing: the blob stays where it is (flash or
 * any memory), the arena and the tm_model belong to the caller. */
#ifndef THIMBLE_H
#define THIMBLE_H

#include <stdint.h>

#include "tm_layout.h"
#include "tm_memory.h"

/* X(name, meaning): what can be wrong with a blob, a buffer or a call. */
#define TM_STATUSES(X)                                                              \
    X(OK, "nothing is wrong")                                                       \
    X(BAD_ALIGNMENT, "the blob has to start at a multiple of 16, the arena of 4")   \
    X(BAD_MAGIC, "no model here: the magic number is missing")                      \
    X(BAD_VERSION, "the model was packed for another layout version")               \
    X(BAD_SIZE, "the model's size does not fit its memory or its header")           \
    X(BAD_CRC, "the model's bytes are damaged: the CRC-32 differs")                 \
    X(BAD_TARGET, "the model was packed for an unknown core, or has machine code for another one") \
    X(UNKNOWN_SECTION, "a section has an unknown type")                             \
    X(BAD_SECTION, "a section is missing, doubled, misaligned or out of bounds")    \
    X(ARENA_TOO_SMALL, "the model needs more RAM than the arena has")               \
    X(BAD_TENSOR, "an input or output tensor is inconsistent")                      \
    X(UNKNOWN_OP, "an op record has an unknown kind")                               \
    X(BAD_RECORD, "an op record has a wrong size or number")                        \
    X(BAD_REFERENCE, "an op refers to bytes outside of arena and constants")        \
    X(BAD_SHAPE, "an op's dimensions do not match its tensors")                     \
    X(BAD_PARAMETER, "an op's multiplier, shift, offset or clamp is out of range")  \
    X(BAD_OVERLAP, "an op would overwrite its own input")                           \
    X(BAD_RANGE, "no such op or tensor in this model")

typedef enum {
#define TM_STATUS_MEMBER(name, meaning) TM_##name,
    TM_STATUSES(TM_STATUS_MEMBER)
#undef TM_STATUS_MEMBER
        TM_STATUS_COUNT
} tm_status;

/* `BAD_MAGIC`; `UNKNOWN_STATUS` for a number that is none. */
const char *tm_status_name(tm_status status);
/* One sentence for people. */
const char *tm_status_meaning(tm_status status);

typedef struct {
    const tm_header *header;
    const uint8_t *plan;
    const tm_io_head *io;
    tm_memory memory;
    /* After a refusal: the op it is about, or UINT32_MAX where it is about none. */
    uint32_t failed_op;
} tm_model;

typedef struct {
    const tm_io *info;
    uint8_t *data;
    uint32_t arena_offset;
    uint32_t bytes;
} tm_tensor;

/* Called around each op with its number; either may be NULL. */
typedef struct {
    void *context;
    void (*before_op)(void *context, uint32_t index);
    void (*after_op)(void *context, uint32_t index);
} tm_hooks;

/* Checks the blob completely: afterwards tm_model_run stays inside blob and arena whatever the inputs are.
 * blob_bytes is the memory that may be read there, arena_bytes the RAM there is. On a refusal `model` holds nothing to
 * run, and failed_op says which op it was about. */
tm_status tm_model_open(tm_model *model, const void *blob, uint32_t blob_bytes, void *arena, uint32_t arena_bytes);

/* Runs ops first_op .. end_op - 1; hooks may be NULL. */
tm_status tm_model_run(const tm_model *model, uint32_t first_op, uint32_t end_op, const tm_hooks *hooks);

uint32_t tm_model_op_count(const tm_model *model);
uint32_t tm_model_input_count(const tm_model *model);
uint32_t tm_model_output_count(const tm_model *model);
tm_status tm_model_input(const tm_model *model, uint32_t index, tm_tensor *tensor);
tm_status tm_model_output(const tm_model *model, uint32_t index, tm_tensor *tensor);
/* The head of an op's record, with its kind and where its output is in the arena; NULL where there is no such op. */
const tm_op *tm_model_op(const tm_model *model, uint32_t index);

/* CRC-32 (IEEE 802.3, as zlib has it); `seed` is 0 or an earlier result to continue. */
uint32_t tm_crc32(const void *data, uint32_t bytes, uint32_t seed);

#endif /* THIMBLE_H */
