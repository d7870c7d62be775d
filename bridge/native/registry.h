/* The plugin classes that the factory offers: one class a kernel, each with its own id.
 *
 * Numbers are never used twice; the places in the table are. A class lives until it is unregistered and its last
 * instance is gone. Nothing here runs on the audio thread.
 */
#ifndef AMPBOARD_REGISTRY_H
#define AMPBOARD_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel.h"
#include "parameter.h"
#include "vst3_abi.h"

enum { MOST_CHANNELS = 64 }; /* as many as a VST3 speaker arrangement has bits */

struct instance;

struct class_description {
    char name[64];
    char vendor[64];
    char version[32];
    int32_t fewest_channels;
    int32_t most_channels;
    int32_t parameter_count;
    const struct parameter *parameters;
};

struct plugin_class {
    uint32_t number;
    uint32_t parameters_fingerprint; /* tells states of other parameters apart */
    vst3_id id;
    struct class_description description; /* its parameters and their labels lie behind the structure */

    /* Guarded by the registry's lock. */
    int32_t holders; /* the registry, and every instance */
    struct instance *instances;
    struct kernel kernel; /* what new instances run; attachment 0: none yet */
    uint64_t attachment;
};

/* The number of the new class; 0 when the description is impossible or memory is short. */
uint32_t registry_add(const struct class_description *description);
bool registry_remove(uint32_t number);

/* While `number` is not 0 the factory lists only that class on this thread: how a loader says which one it means. */
void registry_show_only(uint32_t number);
bool registry_is_narrowed(void);

int32_t registry_count(void);

/* The class at `index` of the listed ones, by id, by number: held for the caller, or NULL. */
struct plugin_class *registry_class_at(int32_t index);
struct plugin_class *registry_class_of_id(const char *id);
struct plugin_class *registry_class_numbered(uint32_t number);
void registry_let_go(struct plugin_class *plugin_class);

/* Instances of a class come and go. An instance takes over the caller's hold on its class. */
void registry_instance_created(struct instance *instance);
void registry_instance_destroyed(struct instance *instance);

/* Whether an instance of the class lives or is still being destroyed. */
bool registry_has_instances(struct plugin_class *plugin_class);

/* The newest living instance of a class, referenced for the caller, or NULL. */
struct instance *registry_newest_instance(struct plugin_class *plugin_class);

/* From now on, new instances of the class run `kernel`. Returns the attachment's number. */
uint64_t registry_attach(struct plugin_class *plugin_class, const struct kernel *kernel);
/* Back to an earlier attachment, when the newer one was refused. */
void registry_reattach(struct plugin_class *plugin_class, const struct kernel *kernel, uint64_t attachment);
uint64_t registry_attachment(struct plugin_class *plugin_class, struct kernel *kernel);

#endif
