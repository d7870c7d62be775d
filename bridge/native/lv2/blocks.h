/* A block of audio and events on its way through the voices. Audio thread, but for creation and destruction. */
#ifndef AMPBOARD_LV2_BLOCKS_H
#define AMPBOARD_LV2_BLOCKS_H

#include "player.h"

/* Off the audio thread. False when memory is short. */
bool blocks_create(struct player *player);
void blocks_destroy(struct player *player);

/* Control inputs that count multiples of the sample rate. */
void blocks_scale_controls(struct player *player, const float *slots);

void blocks_clear(struct player *player);
void blocks_drop_messages(struct player *player);
void blocks_add_midi(struct player *player, int32_t frame, const uint8_t *midi, int32_t size);

/* As the contract's process(): at most KERNEL_MAX_FRAMES frames; in fixed blocks, a block later. */
void blocks_process(struct player *player, const float *const *inputs, float *const *outputs, int32_t frames);
void blocks_process_fixed(struct player *player, const float *const *inputs, float *const *outputs, int32_t frames);

#endif
