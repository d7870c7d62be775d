#include "program.h"

#include <stdio.h>
#include <string.h>

#include "../memory.h"
#include "host_features.h"
#include "hosting.h"
#include "library.h"
#include "vocabulary.h"

static char *copy_text(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = memory_allocate(size);
    if (copy) memcpy(copy, text, size);
    return copy;
}

static const struct lv2_plugin *find_in_library(lv2_library_function open, const char *bundle, const char *uri) {
    const struct lv2_feature *none[] = {NULL};
    const struct lv2_library *library = open(bundle, none);
    const struct lv2_plugin *plugin = NULL;
    for (uint32_t i = 0; library && (plugin = library->plugin(library->handle, i)); i++) {
        if (strcmp(plugin->uri, uri) == 0) return plugin;
    }
    return NULL;
}

static const struct lv2_plugin *find_plugin(void *library, const struct plugin_facts *facts) {
    /* A pointer to an object and one to a function are the same wherever plugins are loaded like this. */
    union {
        void *symbol;
        lv2_descriptor_function descriptor;
        lv2_library_function library;
    } entry;
    entry.symbol = library_symbol(library, "lv2_lib_descriptor");
    if (entry.symbol) return find_in_library(entry.library, facts->bundle, facts->uri);
    entry.symbol = library_symbol(library, "lv2_descriptor");
    const struct lv2_plugin *plugin = NULL;
    for (uint32_t i = 0; entry.symbol && (plugin = entry.descriptor(i)); i++) {
        if (strcmp(plugin->uri, facts->uri) == 0) return plugin;
    }
    return NULL;
}

static void count_ports(struct program *program) {
    program->latency_port = -1;
    for (int32_t i = 0; i < program->port_count; i++) {
        const struct port *port = &program->ports[i];
        bool is_audio = port->kind == PORT_AUDIO || port->kind == PORT_SIDE_CHAIN;
        if (is_audio || port->kind == PORT_ATOM) program->block_ports[program->block_port_count++] = i;
        if (port->kind == PORT_AUDIO && port->is_output) program->outputs++;
        if (port->kind == PORT_AUDIO && !port->is_output) program->inputs++;
        if (port->kind == PORT_SIDE_CHAIN) program->side_inputs++;
        if (port->kind == PORT_ATOM) program->has_atoms = true;
        if (port->kind == PORT_ATOM && (port->flags & PORT_MIDI)) program->takes_midi = true;
        if (port->kind == PORT_CONTROL && port->is_output && (port->flags & PORT_LATENCY)) program->latency_port = i;
        if (port->kind == PORT_CONTROL && (port->flags & PORT_BY_SAMPLE_RATE)) program->has_scaled_controls = true;
    }
}

static bool is_possible(const struct plugin_facts *facts) {
    if (facts->port_count < 0 || facts->port_count > LV2_MOST_PORTS) return false;
    if (facts->parameter_count < 0 || facts->parameter_count > LV2_MOST_PARAMETERS) return false;
    if (facts->block_size < 0 || facts->block_size > LV2_LONGEST_BLOCK) return false;
    for (int32_t i = 0; i < facts->port_count; i++) {
        const struct port *port = &facts->ports[i];
        if (port->slot >= facts->parameter_count || port->minimum_size > (1u << 28)) return false;
    }
    return true;
}

static bool fill(struct program *program, const struct plugin_facts *facts) {
    size_t ports = (size_t)facts->port_count * sizeof *program->ports;
    program->bundle = copy_text(facts->bundle);
    program->files = copy_text(facts->files);
    program->ports = memory_allocate(ports);
    program->block_ports = memory_allocate((size_t)facts->port_count * sizeof *program->block_ports);
    if (!program->bundle || !program->files || !program->ports || !program->block_ports) return false;
    if (ports) memcpy(program->ports, facts->ports, ports);
    program->port_count = facts->port_count;
    program->parameter_count = facts->parameter_count;
    program->block_size = facts->block_size;
    program->restores_while_running = facts->restores_while_running != 0;
    count_ports(program);
    log_create(&program->log);
    features_prepare(program);
    return program->inputs > 0 && program->outputs > 0;
}

struct program *program_open(const struct plugin_facts *facts, char *error, uint32_t capacity) {
    if (!is_possible(facts)) {
        snprintf(error, capacity, "its ports are more than this host takes");
        return NULL;
    }
    hosting_enter();
    vocabulary_learn();
    void *library = library_open(facts->binary, error, capacity);
    const struct lv2_plugin *plugin = library ? find_plugin(library, facts) : NULL;
    struct program *program = NULL;
    if (library && !plugin) {
        snprintf(error, capacity, "%s holds no such plugin", facts->binary);
    } else if (plugin) {
        program = memory_allocate(sizeof *program);
        if (program) {
            program->plugin = plugin;
            if (plugin->extension_data) {
                program->worker = plugin->extension_data(LV2_WORKER "interface");
                program->state = plugin->extension_data(LV2_STATE "interface");
            }
        }
        if (!program || !fill(program, facts)) {
            snprintf(error, capacity, "it has no audio input or no audio output");
            program_close(program);
            program = NULL;
        }
    }
    hosting_leave();
    return program;
}

void program_close(struct program *program) {
    if (!program) return;
    properties_clear(&program->memory);
    properties_clear(&program->patches);
    properties_clear(&program->saved);
    memory_free(program->bundle);
    memory_free(program->files);
    memory_free(program->ports);
    memory_free(program->block_ports);
    memory_free(program);
}
