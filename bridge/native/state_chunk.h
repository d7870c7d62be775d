/* What a host saves of an instance: who it is, and its parameters. Off the audio thread.
 *
 * Little endian: 8 bytes "ampboard", uint32 version, uint32 class number, uint64 instance number, uint32 fingerprint of
 * the parameters, uint32 count, then the plain values as float64. The numbers say which living instance wrote the chunk
 * and mean nothing to the one that reads it.
 */
#ifndef AMPBOARD_STATE_CHUNK_H
#define AMPBOARD_STATE_CHUNK_H

#include <stdbool.h>

struct instance;

bool state_chunk_write(const struct instance *instance, void *stream);

/* False, and nothing changed, when the chunk is damaged or belongs to other parameters. */
bool state_chunk_read(struct instance *instance, void *stream);

#endif
