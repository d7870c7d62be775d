/* What one parameter is, and its value as a number, as the host's 0 to 1, and as text. Any thread. */
#ifndef AMPBOARD_PARAMETER_H
#define AMPBOARD_PARAMETER_H

#include <stdbool.h>
#include <stdint.h>

#include "vst3_abi.h"

struct label {
    double value;
    char text[64];
};

struct parameter {
    char title[64];
    char unit[16];
    double minimum;
    double maximum;
    double default_value;
    int32_t steps;       /* 0: continuous */
    int32_t logarithmic; /* positions between 0 and 1 stand for ratios; the minimum is above 0 then */
    int64_t label_count;
    const struct label *labels; /* values that are shown by name */
};

bool parameter_is_valid(const struct parameter *parameter);
double parameter_clamp(const struct parameter *parameter, double plain);
double parameter_plain(const struct parameter *parameter, double normalised);
double parameter_normalised(const struct parameter *parameter, double plain);

/* A host keeps the normalised value as float: does it mean the plain value that is already there? */
bool parameter_means(const struct parameter *parameter, double normalised, double plain);

void parameter_write_text(const struct parameter *parameter, double normalised, vst3_char *text);
bool parameter_read_text(const struct parameter *parameter, const vst3_char *text, double *normalised);

void text_widen(vst3_char *text, const char *ascii);

#endif
