internal import Foundation
internal import LabPlan

/// The programs of the host that read and make images: skopeo, umoci, and mksquashfs and sqfstar of squashfs-tools.
struct ImageTools {
    /// Fast to read for machines; files take some more room than with others.
    private static let compression = ["-comp", "lz4"]
    private static let rootOwner = ["-root-uid", "0", "-root-gid", "0", "-root-mode", "755"]
    private static let common = compression + rootOwner + ["-no-xattrs", "-quiet", "-no-progress"]

    /// The configuration of an image, as its bytes are: JSON.
    ///
    /// - Parameter image: as skopeo calls it.
    func config(of image: String) throws(RunError) -> String {
        try output(
            "skopeo", package: "skopeo", ["inspect", "--config", "--raw", image], errors: errorsFile())
    }

    /// Unpacks an image. Its layers' digests are checked.
    ///
    /// - Parameters:
    ///   - folder: for files that are needed meanwhile.
    ///   - layout: a folder for a copy of the image.
    ///   - root: the folder of its files, which is made.
    func unpack(_ image: String, into folder: String, layout: String, root: String) throws(RunError) {
        let errors = "\(folder)/errors"
        try run(
            "skopeo", package: "skopeo",
            ["--insecure-policy", "copy", "--quiet", image, "oci:\(layout):image"], errors: errors)
        // Also for root, so that the same comes out whoever unpacks it.
        try run(
            "umoci", package: "umoci",
            ["--log", "error", "raw", "unpack", "--rootless", "--image", "\(layout):image", root],
            errors: errors)
        try? FileManager.default.removeItem(atPath: layout)
    }

    /// Makes a file system of a folder's files.
    ///
    /// - Parameters:
    ///   - owners: owners and modes that differ from the files' own, as mksquashfs reads them; nil: all files are root's, unless root runs
    ///     this.
    ///   - list: a file for them.
    func makeImage(ofFolder folder: String, owners: String?, list: String, file: String, errors: String)
        throws(RunError)
    {
        var options = Self.common
        if let owners {
            try Self.write(owners, to: list)
            options += ["-pf", list]
        } else if geteuid() != 0 {
            options += ["-all-root"]
        }
        try run(
            "mksquashfs", package: "squashfs-tools", [folder, file, "-noappend"] + options, errors: errors)
    }

    /// Makes a file system of a tar file.
    func makeImage(ofArchive archive: String, file: String, errors: String) throws(RunError) {
        let reader =
            if archive.hasSuffix(".zst") { ["zstd", "-dcq"] } else if archive.hasSuffix("gz") {
                ["gzip", "-dc"]
            } else { ["cat"] }
        try check("sqfstar", package: "squashfs-tools")
        try check(reader[0], package: reader[0])
        let script =
            "set -o pipefail; file=$1; shift; \(reader.joined(separator: " ")) <\"$file\" | sqfstar \"$@\""
        _ = try output(
            "bash", package: "bash", ["-c", script, "bash", archive] + Self.common + [file], errors: errors,
            name: "sqfstar")
    }

    /// `sha256:…`.
    func digest(ofFile path: String) throws(RunError) -> String {
        let line = try output("sha256sum", package: "coreutils", ["--", path], errors: errorsFile())
        // A name with a backslash makes the line begin with one.
        return "sha256:\(line.drop { $0 == "\\" }.prefix(64))"
    }

    /// `sha256:…`.
    func digest(ofText text: String) throws(RunError) -> String {
        let path = errorsFile()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Self.write(text, to: path)
        return try digest(ofFile: path)
    }

    static func write(_ text: String, to path: String) throws(RunError) {
        do {
            try text.write(toFile: path, atomically: false, encoding: .utf8)
        } catch {
            throw RunError(.environment, "cannot write \(path): \(error.localizedDescription)")
        }
    }

    // MARK: Running them

    /// A file for what a program says, where nothing else is made.
    private func errorsFile() -> String {
        "\(NSTemporaryDirectory())/almanac-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    }

    private func run(_ program: String, package: String, _ arguments: [String], errors: String)
        throws(RunError)
    {
        _ = try output(program, package: package, arguments, errors: errors)
    }

    private func check(_ program: String, package: String) throws(RunError) {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        guard folders.contains(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") })
        else {
            throw RunError(
                .environment, "\(program) is missing: install \(package) (Debian's package of that name)")
        }
    }

    /// What a program prints.
    ///
    /// - Parameters:
    ///   - errors: path of a file for what it says on standard error, which is removed.
    ///   - name: what messages call it; nil: `program`.
    private func output(
        _ program: String, package: String, _ arguments: [String], errors: String, name: String? = nil
    ) throws(RunError) -> String {
        try check(program, package: package)
        defer { try? FileManager.default.removeItem(atPath: errors) }
        let script = "exec 2>\"$1\"; shift; exec \"$@\""
        let outcome = try HelperProgram.run(
            "/usr/bin/env",
            [
                "LC_ALL=C", "SOURCE_DATE_EPOCH=\(RootStore.newestTime)", "/bin/sh", "-c", script, "sh",
                errors,
                program,
            ] + arguments, quiet: false, diesWithParent: true)
        guard outcome.status != 0 else { return outcome.output }
        let text = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
        throw RunError(
            text.lowercased().contains("no space left") ? .environment : .usage,
            "\(name ?? program): \(Self.reason(text) ?? "it ended with exit status \(outcome.status)")")
    }

    /// What a program gives as its reason: its last line, without what is around it.
    private static func reason(_ text: String) -> String? {
        let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let reason = lines.last { $0.lowercased().contains("fatal") } ?? lines.last { !$0.isEmpty }
        guard var reason else { return nil }
        // skopeo: time="…" level=fatal msg="…"
        if let start = reason.range(of: "msg=\""), reason.hasSuffix("\"") {
            reason = String(reason[start.upperBound...].dropLast()).replacingOccurrences(
                of: "\\\"", with: "\"")
        }
        for prefix in ["FATAL ERROR: ", "⨯ ", "error: "] where reason.hasPrefix(prefix) {
            reason = String(reason.dropFirst(prefix.count))
        }
        return Excerpt.of(reason, longest: 300)
    }
}
