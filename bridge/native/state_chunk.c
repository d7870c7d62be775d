#include "state_chunk.h"

#include <math.h>

#include "instance.h"
#include "memory.h"

static const char MAGIC[8] = {'a', 'm', 'p', 'b', 'o', 'a', 'r', 'd'};
enum { VERSION = 1 };

/* The structure is the format: every processor this runs on is little endian, and no field needs padding. */
struct header {
    char magic[8];
    uint32_t version;
    uint32_t class_number;
    uint64_t instance_number;
    uint32_t parameters_fingerprint;
    uint32_t parameter_count;
};
_Static_assert(sizeof(struct header) == 32, "the header has no padding");

static bool write_all(void *stream, void *bytes, size_t size) {
    const struct vst3_stream_methods *methods = vst3_methods(stream);
    int32_t done = 0;
    return methods->write(stream, bytes, (int32_t)size, &done) == VST3_OK && (size_t)done == size;
}

static bool read_all(void *stream, void *bytes, size_t size) {
    const struct vst3_stream_methods *methods = vst3_methods(stream);
    int32_t done = 0;
    return methods->read(stream, bytes, (int32_t)size, &done) == VST3_OK && (size_t)done == size;
}

bool state_chunk_write(const struct instance *instance, void *stream) {
    const struct plugin_class *plugin_class = instance->plugin_class;
    int32_t count = plugin_class->description.parameter_count;
    struct header header = {
        .version = VERSION,
        .class_number = plugin_class->number,
        .instance_number = instance->number,
        .parameters_fingerprint = plugin_class->parameters_fingerprint,
        .parameter_count = (uint32_t)count,
    };
    memcpy(header.magic, MAGIC, sizeof MAGIC);
    if (!write_all(stream, &header, sizeof header)) return false;
    for (int32_t i = 0; i < count; i++) {
        double value = instance_value(instance, i);
        if (!write_all(stream, &value, sizeof value)) return false;
    }
    return true;
}

bool state_chunk_read(struct instance *instance, void *stream) {
    const struct plugin_class *plugin_class = instance->plugin_class;
    uint32_t count = (uint32_t)plugin_class->description.parameter_count;
    struct header header;
    if (!read_all(stream, &header, sizeof header) || memcmp(header.magic, MAGIC, sizeof MAGIC) != 0 ||
        header.version != VERSION || header.parameter_count != count ||
        header.parameters_fingerprint != plugin_class->parameters_fingerprint) {
        return false;
    }
    double *values = memory_allocate((count + (size_t)1) * sizeof *values);
    bool complete = values && read_all(stream, values, count * sizeof *values);
    for (uint32_t i = 0; complete && i < count; i++) complete = isfinite(values[i]);
    for (uint32_t i = 0; complete && i < count; i++) instance_set_value(instance, (int32_t)i, values[i]);
    memory_free(values);
    return complete;
}
