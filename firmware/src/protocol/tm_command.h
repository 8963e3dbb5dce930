/* Answers the host's commands. One model, one arena, however many links. */
#ifndef TM_COMMAND_H
#define TM_COMMAND_H

#include <stdbool.h>

#include "tm_frame.h"

/* Takes what has arrived and answers every whole frame; returns whether there was one. */
bool tm_command_serve(tm_receiver *receiver);

#endif /* TM_COMMAND_H */
