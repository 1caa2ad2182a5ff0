// What is known about the build of this program. A C target, so that the build system can pass it in as a macro.
#pragma once

/// Commit, date of the commit and Swift version, such as "commit 1234567 of 2026-01-01, Swift 6.3.1". Says so when the commit
/// is unknown.
const char *cbuild_description(void);

/// "release" or "debug".
const char *cbuild_configuration(void);
