internal import Dispatch
internal import Foundation

/// Where the kernel recipe is and what it has made.
///
/// The recipe is the folder `Kernel` of the project: above the running program, or where the environment variable
/// `ALMANAC_KERNEL_RECIPE` points. It keeps what it makes in the user's cache folder.
package struct KernelStore: Sendable {
    /// The folder that holds `build`, `fragment.config`, `guest`, `init.c` and `entropy.c`.
    package let recipe: String

    /// Finds the recipe.
    package init() throws(RunError) {
        let manager = FileManager.default
        if let folder = ProcessInfo.processInfo.environment["ALMANAC_KERNEL_RECIPE"] {
            guard manager.isExecutableFile(atPath: "\(folder)/build") else {
                throw RunError(
                    .environment, "ALMANAC_KERNEL_RECIPE is \(folder), but there is no program `build` in it")
            }
            recipe = folder
            return
        }
        let program =
            (try? manager.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        var folder = URL(fileURLWithPath: program).deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appendingPathComponent("Kernel").path
            if manager.isExecutableFile(atPath: "\(candidate)/build") {
                recipe = candidate
                return
            }
            folder.deleteLastPathComponent()
        }
        throw RunError(
            .environment,
            "the kernel recipe (folder Kernel of the project) is not above \(program); "
                + "set ALMANAC_KERNEL_RECIPE to it")
    }

    /// Path of the cached kernel; an error says how to make it.
    package func kernel(series: String? = nil) throws(RunError) -> String {
        let result = run(["--path"] + (series.map { ["--series", $0] } ?? []), quiet: true)
        guard result.status == 0, !result.output.isEmpty else {
            throw RunError(
                .environment,
                "no kernel has been built\(series.map { " of series \($0)" } ?? ""); make it with `almanac kernel build"
                    + "\(series.map { " --series \($0)" } ?? "")` or name one with --kernel")
        }
        return result.output
    }

    /// Builds the kernel unless it is cached; progress goes to standard error. Returns its path.
    package func build(series: String? = nil, force: Bool = false) throws(RunError) -> String {
        let result = run(
            (series.map { ["--series", $0] } ?? []) + (force ? ["--force"] : []), quiet: false)
        guard result.status == 0 else {
            throw RunError(result.status == 2 ? .usage : .environment, "the kernel was not built (see above)")
        }
        return result.output
    }

    /// What guests need beside their kernels, made now if it is not cached.
    package func guestFiles() throws(RunError) -> GuestFiles {
        GuestFiles(initPath: try guestFile("init"), entropyLibrary: try guestFile("entropy"))
    }

    private func guestFile(_ name: String) throws(RunError) -> String {
        let result = Self.execute("\(recipe)/guest", [name], quiet: false)
        guard result.status == 0, !result.output.isEmpty else {
            throw RunError(
                .environment,
                "the guests' \(name) was not built (see above): it needs a C compiler and libc6-dev")
        }
        return result.output
    }

    /// What a kernel says it is (`linux --version`); nil when it cannot be run.
    package static func version(of kernel: String) -> String? {
        let result = execute(kernel, ["--version"], quiet: true)
        guard result.status == 0 else { return nil }
        return result.output.split(whereSeparator: \.isNewline).last.map(String.init)
    }

    private func run(_ arguments: [String], quiet: Bool) -> (status: Int32, output: String) {
        Self.execute("\(recipe)/build", arguments, quiet: quiet)
    }

    private static func execute(_ program: String, _ arguments: [String], quiet: Bool) -> (
        status: Int32, output: String
    ) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        if quiet { process.standardError = FileHandle.nullDevice }
        // `waitUntilExit` looks only now and then.
        let end = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in end.signal() }
        do { try process.run() } catch { return (127, "") }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        end.wait()
        return (
            process.terminationStatus,
            String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        )
    }
}

/// What kernels need beside themselves: absolute paths.
package struct GuestFiles: Sendable {
    /// The guests' init, a static program.
    package let initPath: String
    /// Answers a kernel's getrandom from the lab's seed, and its programs' rdtsc from its own clock.
    package let entropyLibrary: String
}
