/* The walk over two tensors of which either may be repeated along some dimensions. */
#ifndef TM_BROADCAST_H
#define TM_BROADCAST_H

#include <stdbool.h>

#include "tm_layout.h"

enum { TM_ROW = TM_MAX_RANK - 1 }; /* the innermost dimension: kernels walk it themselves */

/* Where the row at hand begins in each input. Begin with all zeros. */
typedef struct {
    uint32_t at1;
    uint32_t at2;
    uint32_t index[TM_MAX_RANK];
} tm_rows;

/* Counts the outer dimensions up like an odometer; false behind the last row. */
static inline bool tm_next_row(tm_rows *rows, const uint32_t *dims, const uint32_t *strides1, const uint32_t *strides2)
{
    for (uint32_t d = (uint32_t)TM_ROW; d > 0u; d--) {
        const uint32_t k = d - 1u;
        rows->at1 += strides1[k];
        rows->at2 += strides2[k];
        if (++rows->index[k] < dims[k]) {
            return true;
        }
        rows->at1 -= strides1[k] * dims[k];
        rows->at2 -= strides2[k] * dims[k];
        rows->index[k] = 0u;
    }
    return false;
}

#endif /* TM_BROADCAST_H */
