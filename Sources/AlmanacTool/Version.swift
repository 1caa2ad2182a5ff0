internal import CBuild

/// The version of the tool.
let toolVersion = "0.1.0"

/// What `almanac --version` prints: the version, and the build it comes from.
let versionLine: String = {
    // Static strings of the C target, never changed.
    let description = unsafe String(cString: cbuild_description())
    let configuration = unsafe String(cString: cbuild_configuration())
    return "almanac \(toolVersion) (\(description), \(configuration))"
}()
