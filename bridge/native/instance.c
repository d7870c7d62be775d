#include "instance.h"

#include <math.h>

#include "memory.h"
#include "speakers.h"

static const double UNKNOWN_SAMPLE_RATE = 0.0;
static const int32_t PREFERRED_CHANNELS = 2;

static atomic_uint_least64_t last_number;

/* Life. Off the audio thread. */

static int32_t first_channels(const struct class_description *description) {
    int32_t channels = PREFERRED_CHANNELS;
    if (channels < description->fewest_channels) channels = description->fewest_channels;
    return channels > description->most_channels ? description->most_channels : channels;
}

struct instance *instance_create(struct plugin_class *plugin_class) {
    const struct class_description *description = &plugin_class->description;
    size_t values_size = (size_t)description->parameter_count * sizeof(_Atomic double);
    struct instance *instance = memory_allocate(sizeof *instance + values_size);
    if (!instance) {
        registry_let_go(plugin_class);
        return NULL;
    }
    instance->component = (struct face){&component_methods, instance};
    instance->processor = (struct face){&processor_methods, instance};
    instance->controller = (struct face){&controller_methods, instance};
    instance->requirements = (struct face){&requirements_methods, instance};
    atomic_init(&instance->references, 1);
    instance->number = atomic_fetch_add(&last_number, 1) + 1;
    instance->plugin_class = plugin_class;
    lock_create(&instance->preparing);
    lock_create(&instance->handling);
    atomic_init(&instance->tap, NULL);
    atomic_init(&instance->ear, NULL);
    atomic_init(&instance->midi, NULL);
    instance->attachment = registry_attachment(plugin_class, &instance->kernel);
    instance->sample_rate = UNKNOWN_SAMPLE_RATE;
    instance->channels = first_channels(description);
    instance->arrangement = speakers_for(instance->channels);
    atomic_init(&instance->published, NULL);
    atomic_init(&instance->epoch, 0);
    atomic_init(&instance->reset_armed, false);
    atomic_init(&instance->edits, 1);
    for (int32_t i = 0; i < description->parameter_count; i++) {
        atomic_init(&instance->values[i], description->parameters[i].default_value);
    }
    registry_instance_created(instance);
    return instance;
}

static void destroy(struct instance *instance) {
    instance_set_handler(instance, NULL);
    struct binding *published = atomic_load(&instance->published);
    if (published) binding_destroy(published);
    while (instance->retired) {
        struct binding *next = instance->retired->next_retired;
        binding_destroy(instance->retired);
        instance->retired = next;
    }
    struct side_link *links[] = {atomic_load(&instance->tap), atomic_load(&instance->ear)};
    for (int i = 0; i < 2; i++) {
        if (links[i]) side_link_destroy(links[i]);
    }
    while (instance->retired_links) {
        struct side_link *next = instance->retired_links->next_retired;
        side_link_destroy(instance->retired_links);
        instance->retired_links = next;
    }
    struct midi_queue *midi = atomic_load(&instance->midi);
    if (midi) midi_queue_destroy(midi);
    /* Only now: until the class has no instance left, its owner keeps alive what release() needs. */
    registry_instance_destroyed(instance);
    lock_destroy(&instance->preparing);
    lock_destroy(&instance->handling);
    registry_let_go(instance->plugin_class);
    memory_free(instance);
}

uint32_t instance_add_reference(struct instance *instance) {
    return (uint32_t)atomic_fetch_add(&instance->references, 1) + 1;
}

uint32_t instance_release(struct instance *instance) {
    int32_t left = atomic_fetch_sub(&instance->references, 1) - 1;
    if (left == 0) destroy(instance);
    return (uint32_t)left;
}

bool instance_reference_if_alive(struct instance *instance) {
    int32_t references = atomic_load(&instance->references);
    while (references > 0) {
        if (atomic_compare_exchange_weak(&instance->references, &references, references + 1)) return true;
    }
    return false;
}

vst3_result VST3_CALL face_query_interface(void *self, const char *id, void **object) {
    struct instance *instance = instance_of(self);
    switch (vst3_interface_of(id)) {
    case VST3_BASE:
    case VST3_PLUGIN_BASE:
    case VST3_COMPONENT: *object = &instance->component; break;
    case VST3_AUDIO_PROCESSOR: *object = &instance->processor; break;
    case VST3_EDIT_CONTROLLER: *object = &instance->controller; break;
    case VST3_PROCESS_CONTEXT_REQUIREMENTS: *object = &instance->requirements; break;
    default: *object = NULL; return VST3_NO_INTERFACE;
    }
    instance_add_reference(instance);
    return VST3_OK;
}

uint32_t VST3_CALL face_add_reference(void *self) {
    return instance_add_reference(instance_of(self));
}

uint32_t VST3_CALL face_release(void *self) {
    return instance_release(instance_of(self));
}

/* Bindings. Off the audio thread; the static functions with `preparing` taken. */

static void free_passed_bindings(struct instance *instance) {
    uint64_t epoch = atomic_load(&instance->epoch);
    struct binding **link = &instance->retired;
    while (*link) {
        struct binding *binding = *link;
        if (binding->retired_in_epoch == epoch) {
            link = &binding->next_retired;
        } else {
            *link = binding->next_retired;
            binding_destroy(binding);
        }
    }
}

static void publish(struct instance *instance, struct binding *binding) {
    struct binding *old = atomic_exchange(&instance->published, binding);
    if (!old) return;
    uint64_t epoch = atomic_load(&instance->epoch);
    if (epoch % 2 == 0) { /* the audio thread is outside: whenever it enters, it finds the new binding */
        binding_destroy(old);
        return;
    }
    old->retired_in_epoch = epoch;
    old->next_retired = instance->retired;
    instance->retired = old;
}

static void free_passed_links(struct instance *instance) {
    uint64_t epoch = atomic_load(&instance->epoch);
    struct side_link **place = &instance->retired_links;
    while (*place) {
        struct side_link *link = *place;
        if (link->retired_in_epoch == epoch) {
            place = &link->next_retired;
        } else {
            *place = link->next_retired;
            side_link_destroy(link);
        }
    }
}

/* As publish(), for a tap or an ear. */
static bool link_to(struct instance *instance, _Atomic(struct side_link *) *place, struct side_source *source) {
    struct side_link *link = source ? side_link_create(source) : NULL;
    if (source && !link) return false;
    free_passed_links(instance);
    struct side_link *old = atomic_exchange(place, link);
    if (!old) return true;
    uint64_t epoch = atomic_load(&instance->epoch);
    if (epoch % 2 == 0) {
        side_link_destroy(old);
        return true;
    }
    old->retired_in_epoch = epoch;
    old->next_retired = instance->retired_links;
    instance->retired_links = old;
    return true;
}

static struct binding *create_binding(struct instance *instance, const struct kernel *kernel, uint64_t attachment) {
    int32_t count = instance->plugin_class->description.parameter_count;
    double *values = memory_allocate(((size_t)count + 1) * sizeof *values);
    if (!values) return NULL;
    for (int32_t i = 0; i < count; i++) values[i] = instance_value(instance, i);
    struct binding *binding =
        binding_create(kernel, attachment, instance->sample_rate, instance->channels, values, count);
    memory_free(values);
    atomic_fetch_add_explicit(&instance->counters.prepares, 1, memory_order_relaxed);
    if (binding && binding_is_refused(binding)) {
        atomic_fetch_add_explicit(&instance->counters.refusals, 1, memory_order_relaxed);
    }
    return binding;
}

/* Without a setup there is nothing to reserve for, and no block will come. */
static bool reserve(struct instance *instance, struct side_source *bus) {
    return !(instance->sample_rate > UNKNOWN_SAMPLE_RATE) ||
           side_source_reserve(bus, instance->channels, instance->sample_rate, instance->max_frames);
}

void instance_prepare(struct instance *instance) {
    lock_take(&instance->preparing);
    free_passed_bindings(instance);
    free_passed_links(instance);
    const struct binding *present = atomic_load(&instance->published);
    bool fits = present && present->attachment == instance->attachment && present->channels == instance->channels &&
                present->sample_rate == instance->sample_rate;
    if (!fits && instance->attachment && instance->sample_rate > UNKNOWN_SAMPLE_RATE) {
        struct binding *binding = create_binding(instance, &instance->kernel, instance->attachment);
        publish(instance, binding);
    }
    const struct side_link *tap = atomic_load(&instance->tap);
    if (tap) reserve(instance, tap->source);
    lock_give(&instance->preparing);
}

bool instance_attach(struct instance *instance, const struct kernel *kernel, uint64_t attachment) {
    bool accepted = true;
    lock_take(&instance->preparing);
    free_passed_bindings(instance);
    if (atomic_load(&instance->published)) {
        struct binding *binding = create_binding(instance, kernel, attachment);
        accepted = binding && !binding_is_refused(binding);
        if (accepted) {
            publish(instance, binding);
        } else if (binding) {
            binding_destroy(binding);
        }
    }
    if (accepted) {
        instance->kernel = *kernel;
        instance->attachment = attachment;
    }
    lock_give(&instance->preparing);
    return accepted;
}

int32_t instance_live_attachments(struct instance *instance, uint64_t *attachments, int32_t capacity) {
    int32_t count = 0;
    lock_take(&instance->preparing);
    free_passed_bindings(instance);
    if (instance->attachment && count++ < capacity) attachments[0] = instance->attachment;
    const struct binding *published = atomic_load(&instance->published);
    if (published && count++ < capacity) attachments[count - 1] = published->attachment;
    for (const struct binding *old = instance->retired; old; old = old->next_retired) {
        if (count++ < capacity) attachments[count - 1] = old->attachment;
    }
    lock_give(&instance->preparing);
    return count;
}

void instance_set_up(struct instance *instance, double sample_rate, int32_t max_frames) {
    lock_take(&instance->preparing);
    instance->sample_rate = sample_rate;
    instance->max_frames = max_frames;
    lock_give(&instance->preparing);
}

void instance_set_arrangement(struct instance *instance, uint64_t arrangement, int32_t channels) {
    lock_take(&instance->preparing);
    instance->arrangement = arrangement;
    instance->channels = channels;
    lock_give(&instance->preparing);
}

int32_t instance_latency(struct instance *instance) {
    lock_take(&instance->preparing);
    const struct binding *published = atomic_load(&instance->published);
    int32_t latency = published && !binding_is_refused(published) ? binding_latency(published) : 0;
    lock_give(&instance->preparing);
    return latency;
}

uint32_t instance_tail(struct instance *instance) {
    lock_take(&instance->preparing);
    double frames = instance->attachment ? ceil(instance->kernel.tail * instance->sample_rate) : 0.0;
    lock_give(&instance->preparing);
    if (!(frames > 0.0)) return 0;
    return frames < (double)INT32_MAX ? (uint32_t)frames : VST3_INFINITE_TAIL;
}

bool instance_tap_into(struct instance *instance, struct side_source *bus) {
    lock_take(&instance->preparing);
    bool linked = (!bus || reserve(instance, bus)) && link_to(instance, &instance->tap, bus);
    lock_give(&instance->preparing);
    return linked;
}

bool instance_listen_to(struct instance *instance, struct side_source *source) {
    lock_take(&instance->preparing);
    bool linked = link_to(instance, &instance->ear, source);
    lock_give(&instance->preparing);
    return linked;
}

/* MIDI. */

bool instance_send_midi(struct instance *instance, int32_t frame, const uint8_t *bytes, int32_t size) {
    lock_take(&instance->preparing);
    bool takes_midi = instance->attachment && instance->kernel.event;
    struct midi_queue *queue = atomic_load(&instance->midi);
    if (takes_midi && !queue) {
        queue = midi_queue_create();
        atomic_store(&instance->midi, queue);
    }
    lock_give(&instance->preparing);
    if (takes_midi && (!queue || !midi_queue_send(queue, frame, bytes, size))) {
        atomic_fetch_add_explicit(&instance->counters.dropped_midi, 1, memory_order_relaxed);
    }
    return takes_midi;
}

/* Parameters. The audio thread reads values and sets normalised ones; edits and handlers are never its business. */

static const struct parameter *parameter_of(const struct instance *instance, int32_t index) {
    return &instance->plugin_class->description.parameters[index];
}

double instance_value(const struct instance *instance, int32_t index) {
    return atomic_load_explicit(&instance->values[index], memory_order_relaxed);
}

void instance_set_value(struct instance *instance, int32_t index, double plain) {
    double clamped = parameter_clamp(parameter_of(instance, index), plain);
    atomic_store_explicit(&instance->values[index], clamped, memory_order_relaxed);
    atomic_fetch_add_explicit(&instance->edits, 1, memory_order_release);
}

void instance_set_normalised(struct instance *instance, int32_t index, double normalised) {
    const struct parameter *parameter = parameter_of(instance, index);
    if (parameter_means(parameter, normalised, instance_value(instance, index))) return;
    instance_set_value(instance, index, parameter_plain(parameter, normalised));
}

void instance_edit(struct instance *instance, int32_t index, double plain) {
    double normalised = parameter_normalised(parameter_of(instance, index), plain);
    lock_take(&instance->handling);
    if (instance->handler) {
        const struct vst3_component_handler_methods *handler = vst3_methods(instance->handler);
        handler->perform_edit(instance->handler, (uint32_t)index, normalised);
    }
    lock_give(&instance->handling);
    /* Last, so that a host which answers with the rounded normalised value does not have the last word. */
    instance_set_value(instance, index, plain);
}

void instance_set_handler(struct instance *instance, void *handler) {
    lock_take(&instance->handling);
    void *old = instance->handler;
    instance->handler = handler;
    if (handler) ((const struct vst3_base_methods *)vst3_methods(handler))->add_reference(handler);
    lock_give(&instance->handling);
    if (old) ((const struct vst3_base_methods *)vst3_methods(old))->release(old);
}
