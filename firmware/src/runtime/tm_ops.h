/* The table of ops: what the runtime does with each kind of record. */
#ifndef TM_OPS_H
#define TM_OPS_H

#include "thimble.h"

typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    tm_status (*check)(const tm_op *op, const tm_memory *memory);
    void (*run)(const tm_op *op, const tm_memory *memory);
} tm_op_entry;

/* NULL for an unknown kind. */
const tm_op_entry *tm_find_op(uint32_t kind);

#endif /* TM_OPS_H */
