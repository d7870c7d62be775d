#include "registry.h"

#include <stddef.h>

#include "instance.h"
#include "lock.h"
#include "memory.h"

static struct lock lock = LOCK_INITIAL;
static struct plugin_class **table; /* a place is NULL when it is free */
static int32_t table_size;
static uint32_t last_number;
static uint64_t last_attachment;
static _Thread_local uint32_t only_class;

static uint32_t hash_more(uint32_t hash, const void *memory, size_t size) {
    const unsigned char *bytes = memory;
    for (size_t i = 0; i < size; i++) hash = (hash ^ bytes[i]) * 16777619u; /* FNV-1a */
    return hash;
}

/* Of what tells the parameters and their ranges; other labels make no other state. */
static uint32_t fingerprint(const struct class_description *description) {
    uint32_t hash = 2166136261u;
    for (int32_t i = 0; i < description->parameter_count; i++) {
        hash = hash_more(hash, &description->parameters[i], offsetof(struct parameter, label_count));
    }
    return hash;
}

static bool description_is_valid(const struct class_description *description) {
    if (description->fewest_channels < 1 || description->most_channels > MOST_CHANNELS ||
        description->fewest_channels > description->most_channels || description->parameter_count < 0) {
        return false;
    }
    for (int32_t i = 0; i < description->parameter_count; i++) {
        if (!parameter_is_valid(&description->parameters[i])) return false;
    }
    return true;
}

static size_t labels_of(const struct class_description *description) {
    size_t count = 0;
    for (int32_t i = 0; i < description->parameter_count; i++) count += (size_t)description->parameters[i].label_count;
    return count;
}

static void copy_parameters(const struct class_description *description, struct parameter *parameters) {
    struct label *labels = (struct label *)(parameters + description->parameter_count);
    for (int32_t i = 0; i < description->parameter_count; i++) {
        size_t count = (size_t)description->parameters[i].label_count;
        parameters[i] = description->parameters[i];
        parameters[i].labels = labels;
        if (count) memcpy(labels, description->parameters[i].labels, count * sizeof *labels);
        for (size_t j = 0; j < count; j++) labels[j].text[sizeof labels[j].text - 1] = 0;
        labels += count;
    }
}

static struct plugin_class *create_class(const struct class_description *description) {
    size_t parameters_size = (size_t)description->parameter_count * sizeof(struct parameter);
    size_t labels_size = labels_of(description) * sizeof(struct label);
    struct plugin_class *created = memory_allocate(sizeof *created + parameters_size + labels_size);
    if (!created) return NULL;
    struct parameter *parameters = (struct parameter *)(created + 1);
    copy_parameters(description, parameters);
    created->description = *description;
    created->description.parameters = parameters;
    created->description.name[sizeof description->name - 1] = 0;
    created->description.vendor[sizeof description->vendor - 1] = 0;
    created->description.version[sizeof description->version - 1] = 0;
    created->parameters_fingerprint = fingerprint(&created->description);
    created->holders = 1;
    return created;
}

/* With the lock taken. */
static int32_t free_place(void) {
    for (int32_t i = 0; i < table_size; i++) {
        if (!table[i]) return i;
    }
    int32_t larger_size = table_size ? 2 * table_size : 16;
    struct plugin_class **larger = memory_allocate((size_t)larger_size * sizeof *larger);
    if (!larger) return -1;
    if (table_size) memcpy(larger, table, (size_t)table_size * sizeof *larger);
    memory_free(table);
    int32_t place = table_size;
    table = larger;
    table_size = larger_size;
    return place;
}

uint32_t registry_add(const struct class_description *description) {
    if (!description_is_valid(description)) return 0;
    struct plugin_class *created = create_class(description);
    if (!created) return 0;
    uint32_t number = 0;
    lock_take(&lock);
    int32_t place = free_place();
    if (place >= 0) {
        number = created->number = ++last_number;
        vst3_write_id(created->id, 0x616D7062, 0x6F617264, 0x6272646Bu, number);
        table[place] = created;
    }
    lock_give(&lock);
    if (!number) memory_free(created);
    return number;
}

/* With the lock taken: the class is freed by the caller, after the lock is given, when this returns true. */
static bool was_last_holder(struct plugin_class *plugin_class) {
    return --plugin_class->holders == 0;
}

bool registry_remove(uint32_t number) {
    struct plugin_class *removed = NULL;
    bool unused = false;
    lock_take(&lock);
    for (int32_t i = 0; i < table_size; i++) {
        if (table[i] && table[i]->number == number) {
            removed = table[i];
            table[i] = NULL;
            unused = was_last_holder(removed);
            break;
        }
    }
    bool none_left = true;
    for (int32_t i = 0; i < table_size; i++) none_left = none_left && !table[i];
    if (none_left) {
        memory_free(table);
        table = NULL;
        table_size = 0;
    }
    lock_give(&lock);
    if (unused) memory_free(removed);
    return removed != NULL;
}

void registry_show_only(uint32_t number) {
    only_class = number;
}

bool registry_is_narrowed(void) {
    return only_class != 0;
}

int32_t registry_count(void) {
    int32_t count = 0;
    lock_take(&lock);
    for (int32_t i = 0; i < table_size; i++) {
        count += table[i] && (!only_class || table[i]->number == only_class);
    }
    lock_give(&lock);
    return count;
}

struct plugin_class *registry_class_at(int32_t index) {
    struct plugin_class *found = NULL;
    lock_take(&lock);
    for (int32_t i = 0; i < table_size && !found; i++) {
        if (table[i] && (!only_class || table[i]->number == only_class) && index-- == 0) found = table[i];
    }
    if (found) found->holders++;
    lock_give(&lock);
    return found;
}

struct plugin_class *registry_class_of_id(const char *id) {
    struct plugin_class *found = NULL;
    lock_take(&lock);
    for (int32_t i = 0; i < table_size && !found; i++) {
        if (table[i] && vst3_same_id(table[i]->id, id)) found = table[i];
    }
    if (found) found->holders++;
    lock_give(&lock);
    return found;
}

struct plugin_class *registry_class_numbered(uint32_t number) {
    struct plugin_class *found = NULL;
    lock_take(&lock);
    for (int32_t i = 0; i < table_size && !found; i++) {
        if (table[i] && table[i]->number == number) found = table[i];
    }
    if (found) found->holders++;
    lock_give(&lock);
    return found;
}

void registry_let_go(struct plugin_class *plugin_class) {
    lock_take(&lock);
    bool unused = was_last_holder(plugin_class);
    lock_give(&lock);
    if (unused) memory_free(plugin_class);
}

void registry_instance_created(struct instance *instance) {
    struct plugin_class *plugin_class = instance->plugin_class;
    lock_take(&lock);
    instance->older = plugin_class->instances;
    plugin_class->instances = instance;
    lock_give(&lock);
}

void registry_instance_destroyed(struct instance *instance) {
    struct plugin_class *plugin_class = instance->plugin_class;
    lock_take(&lock);
    struct instance **link = &plugin_class->instances;
    while (*link && *link != instance) link = &(*link)->older;
    if (*link) *link = instance->older;
    lock_give(&lock);
}

bool registry_has_instances(struct plugin_class *plugin_class) {
    lock_take(&lock);
    bool found = plugin_class->instances != NULL;
    lock_give(&lock);
    return found;
}

struct instance *registry_newest_instance(struct plugin_class *plugin_class) {
    lock_take(&lock);
    struct instance *newest = plugin_class->instances;
    while (newest && !instance_reference_if_alive(newest)) newest = newest->older;
    lock_give(&lock);
    return newest;
}

uint64_t registry_attach(struct plugin_class *plugin_class, const struct kernel *kernel) {
    lock_take(&lock);
    plugin_class->kernel = *kernel;
    uint64_t attachment = plugin_class->attachment = ++last_attachment;
    lock_give(&lock);
    return attachment;
}

void registry_reattach(struct plugin_class *plugin_class, const struct kernel *kernel, uint64_t attachment) {
    lock_take(&lock);
    plugin_class->kernel = *kernel;
    plugin_class->attachment = attachment;
    lock_give(&lock);
}

uint64_t registry_attachment(struct plugin_class *plugin_class, struct kernel *kernel) {
    lock_take(&lock);
    *kernel = plugin_class->kernel;
    uint64_t attachment = plugin_class->attachment;
    lock_give(&lock);
    return attachment;
}
