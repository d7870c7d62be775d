/* Everything that happens to plugins off the audio thread happens one at a time: many share libraries (FFTW's planner)
 * that bear nothing else. In live use one thread of the host's own does what the audio thread must not wait for.
 */
#ifndef AMPBOARD_LV2_HOSTING_H
#define AMPBOARD_LV2_HOSTING_H

/* Any thread but a live audio thread. Nests: work that a plugin asks for while it is being prepared. */
void hosting_enter(void);
void hosting_leave(void);

struct player;

/* Inside hosting_enter(). The players that the thread serves. */
void hosting_add(struct player *player);
void hosting_remove(struct player *player);

/* Audio thread. The host's thread calls player_serve() for every player soon. */
void hosting_request(void);

#endif
