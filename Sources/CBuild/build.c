#include "CBuild.h"

// Set by Package.swift from the environment, where `make` puts the output of tools/version.
#ifndef ALMANAC_BUILD
#define ALMANAC_BUILD "commit unknown: built without make"
#endif

const char *cbuild_description(void) { return ALMANAC_BUILD; }

const char *cbuild_configuration(void) {
#ifdef DEBUG
    return "debug";
#else
    return "release";
#endif
}
