internal import Foundation
package import LabPlan

/// Builds and finds the guests' kernel and programs with the kernel recipe. What it builds is in the user's cache folder.
package struct KernelStore: Sendable {
    /// Where the recipe is.
    package let installation: Installation

    /// Finds the recipe.
    package init() throws(RunError) { installation = try Installation.find() }

    /// Path of the cached kernel; an error says how to build it.
    package func kernel(series: String? = nil, fragment: String? = nil) throws(RunError) -> String {
        let choice = Self.choice(series, fragment)
        let result = try run(["--path"] + choice, quiet: fragment == nil)
        if result.status == 2 { throw RunError(.usage, "no such kernel can be built (see above)") }
        guard result.status == 0, !result.output.isEmpty else {
            let command = (["almanac kernel build"] + choice).joined(separator: " ")
            throw RunError(
                .environment,
                "no kernel has been built\(series.map { " of series \($0)" } ?? ""); build one with `\(command)` "
                    + "or name one with --kernel")
        }
        return result.output
    }

    /// Builds the kernel unless it is cached; progress goes to standard error. Returns its path.
    package func build(series: String? = nil, fragment: String? = nil, force: Bool = false) throws(RunError)
        -> String
    {
        if let cache = Self.cacheFolder, cache.contains(where: { $0.isWhitespace || $0 == ":" }) {
            throw RunError(
                .environment,
                "the kernel cannot be built in '\(cache)': the kernel's makefiles do not work with spaces or colons in "
                    + "a path; set XDG_CACHE_HOME to another folder")
        }
        let result = try run(
            Self.choice(series, fragment) + (force ? ["--force"] : []), quiet: false)
        guard result.status == 0 else {
            throw RunError(result.status == 2 ? .usage : .environment, "the kernel was not built (see above)")
        }
        return result.output
    }

    /// What guests need beside their kernels: as installed, else built now unless it is in the cache.
    package func guestFiles() throws(RunError) -> GuestFiles {
        if let folder = installation.guestFolder {
            return GuestFiles(
                initPath: "\(folder)/\(Installation.initName)",
                entropyLibrary: "\(folder)/\(Installation.entropyName)")
        }
        return GuestFiles(initPath: try guestFile("init"), entropyLibrary: try guestFile("entropy"))
    }

    private func guestFile(_ name: String) throws(RunError) -> String {
        let result = try HelperProgram.run("\(installation.recipe)/guest", [name], quiet: false)
        guard result.status == 0, !result.output.isEmpty else {
            throw RunError(
                .environment,
                "the guests' \(name) was not built (see above): it needs a C compiler and libc6-dev")
        }
        return result.output
    }

    /// What a kernel says it is (`linux --version`); nil when it cannot be run.
    package static func version(of kernel: String) -> String? {
        guard let result = try? HelperProgram.run(kernel, ["--version"], quiet: true), result.status == 0
        else {
            return nil
        }
        return result.output.split(whereSeparator: \.isNewline).last.map(String.init)
    }

    /// The user's cache folder, as `Kernel/build` finds it.
    static var cacheFolder: String? {
        let environment = ProcessInfo.processInfo.environment
        if let folder = environment["XDG_CACHE_HOME"], !folder.isEmpty { return folder }
        return environment["HOME"].map { "\($0)/.cache" }
    }

    /// The recipe's options that say which kernel.
    private static func choice(_ series: String?, _ fragment: String?) -> [String] {
        (series.map { ["--series", $0] } ?? []) + (fragment.map { ["--fragment", $0] } ?? [])
    }

    private func run(_ arguments: [String], quiet: Bool) throws(RunError) -> HelperProgram.Outcome {
        try HelperProgram.run("\(installation.recipe)/build", arguments, quiet: quiet)
    }
}

/// What kernels need beside themselves. Absolute paths.
package struct GuestFiles: Sendable {
    /// The guests' init, a static program.
    package let initPath: String
    /// Answers a kernel's getrandom from the lab's seed, and its programs' rdtsc from its own clock.
    package let entropyLibrary: String
    /// Roots of machines, by what the lab says of them.
    package var roots: [RootSource: PreparedRoot] = [:]

    /// The root of a machine; nil: the host's.
    func root(of machine: MachinePlan) -> PreparedRoot? {
        machine.software.root.flatMap { roots[$0] }
    }

    /// Name of the link to the entropy library in a machine's folder.
    static let entropyLink = "entropy.so"

    /// The same files for a kernel whose working folder is `folder`. `LD_PRELOAD` separates paths by spaces and colons, so a
    /// library whose path has one is reached by a link in that folder.
    func reachable(from folder: String) throws(RunError) -> GuestFiles {
        guard entropyLibrary.contains(where: { $0 == " " || $0 == ":" }) else { return self }
        let link = "\(folder)/\(Self.entropyLink)"
        do {
            // A machine that boots again finds the link of its first boot.
            if (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) != entropyLibrary {
                try FileManager.default.createSymbolicLink(
                    atPath: link, withDestinationPath: entropyLibrary)
            }
        } catch {
            throw RunError(
                .environment, "cannot link \(link) to \(entropyLibrary): \(error.localizedDescription)")
        }
        return GuestFiles(initPath: initPath, entropyLibrary: "./\(Self.entropyLink)", roots: roots)
    }
}
