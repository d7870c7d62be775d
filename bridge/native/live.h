/* Whether a show is on. Of the whole process: one audio thread that waits spoils the sound of all plugins on it.
 *
 * Off (the start): blocks may be rendered as slowly as they like, so that what a plugin leaves to a worker is done in
 * place, and the result does not depend on how threads are scheduled. On: nothing of that kind runs on the audio thread.
 */
#ifndef AMPBOARD_LIVE_H
#define AMPBOARD_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "exported.h"

EXPORTED void ampboard_set_live(int32_t live);
EXPORTED int32_t ampboard_is_live(void);

/* Any thread. */
bool is_live(void);

#endif
