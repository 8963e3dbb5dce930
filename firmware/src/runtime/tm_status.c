#include "thimble.h"

const char *tm_status_name(tm_status status)
{
    static const char *const names[TM_STATUS_COUNT] = {
#define TM_STATUS_NAME(name, meaning) #name,
        TM_STATUSES(TM_STATUS_NAME)
#undef TM_STATUS_NAME
    };
    return (uint32_t)status < (uint32_t)TM_STATUS_COUNT ? names[status] : "UNKNOWN_STATUS";
}

const char *tm_status_meaning(tm_status status)
{
    static const char *const meanings[TM_STATUS_COUNT] = {
#define TM_STATUS_MEANING(name, meaning) meaning,
        TM_STATUSES(TM_STATUS_MEANING)
#undef TM_STATUS_MEANING
    };
    return (uint32_t)status < (uint32_t)TM_STATUS_COUNT ? meanings[status] : "no such status";
}
