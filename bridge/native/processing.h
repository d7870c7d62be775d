/* One block of audio through an instance. Audio thread: allocates nothing, locks nothing. */
#ifndef AMPBOARD_PROCESSING_H
#define AMPBOARD_PROCESSING_H

#include "vst3_abi.h"

struct instance;

void process_block(struct instance *instance, struct vst3_process_data *data);

#endif
