internal import Foundation
internal import Glibc
internal import Lab

/// Files and folders out of machines and into them, with the machine's own tar and the host's.
extension Visitor {
    /// Copies a file or folder of a machine.
    ///
    /// - Parameters:
    ///   - target: a path on the host; an existing folder gets the copy inside.
    ///   - replacing: whether something else may be overwritten.
    /// - Returns: the path of the copy.
    @discardableResult
    func get(_ place: Place, to target: String, replacing: Bool = false) throws(RunError) -> String {
        let name = (place.path as NSString).lastPathComponent
        let folder = (place.path as NSString).deletingLastPathComponent
        guard name != "/" else {
            throw RunError(.usage, "\(place.machine):/ is the host's own root and more: name a part of it")
        }
        let final = try Self.freePath(target, name: name, replacing: replacing)
        let work = try Self.makeFolder(beside: final)
        defer { try? FileManager.default.removeItem(atPath: work) }
        let archive = "\(work)/.tar"
        guard FileManager.default.createFile(atPath: archive, contents: nil),
            let file = FileHandle(forWritingAtPath: archive)
        else { throw RunError(.environment, "cannot write \(archive)") }
        var errors: [UInt8] = []
        var failure: (any Error)?
        let status = try execute(
            "tar -C \(Self.quoted(folder)) -cf - -- \(Self.quoted(name))", on: place.machine
        ) { bytes, isError in
            if isError { errors += bytes }
            do { if !isError { try file.write(contentsOf: Data(bytes)) } } catch { failure = error }
        }
        if let failure {
            throw RunError(.environment, "cannot write \(archive): \(failure.localizedDescription)")
        }
        try Self.check(status, errors, place)
        try Self.tar(
            ["-x", "-f", archive, "--no-same-owner", "-C", work], "unpack what \(place.machine) sent")
        do {
            if replacing { try? FileManager.default.removeItem(atPath: final) }
            try FileManager.default.moveItem(atPath: "\(work)/\(name)", toPath: final)
        } catch {
            throw RunError(.failed, "cannot write \(final): \(error.localizedDescription)")
        }
        return final
    }

    /// Copies a file or folder of the host to a machine, as `cp -r` does.
    func put(_ source: String, to place: Place) throws(RunError) {
        let path = URL(fileURLWithPath: source).standardizedFileURL
        guard FileManager.default.fileExists(atPath: path.path) else {
            throw RunError(.usage, "\(source): there is no such file")
        }
        let name = path.lastPathComponent
        let work = try Self.makeFolder(beside: "\(NSTemporaryDirectory())/x")
        defer { try? FileManager.default.removeItem(atPath: work) }
        let archive = "\(work)/.tar"
        try Self.tar(
            ["-c", "-f", archive, "-C", path.deletingLastPathComponent().path, "--", name], "read \(source)")
        guard let file = FileHandle(forReadingAtPath: archive) else {
            throw RunError(.environment, "cannot read \(archive)")
        }
        let script = """
            d=$(mktemp -d /tmp/.put.XXXXXX) && tar --no-same-owner --warning=no-timestamp -C "$d" -xf - && cp -a "$d"/\(Self.quoted(name)) \
            \(Self.quoted(place.path)); s=$?; rm -rf "$d"; exit $s
            """
        var errors: [UInt8] = []
        let read = { (try? file.read(upToCount: 64 * 1024)).flatMap(\.self).map(Array.init) ?? [] }
        let status = try execute(script, on: place.machine, input: read) { bytes, _ in errors += bytes }
        try Self.check(status, errors, place)
    }

    /// Checks that a machine's program has done its work.
    private static func check(_ status: Int32, _ errors: [UInt8], _ place: Place) throws(RunError) {
        guard status != 0 else { return }
        throw RunError(
            .failed, "\(place.machine):\(place.path): \(Self.reason(errors, status: status))")
    }

    private static func tar(_ arguments: [String], _ purpose: String) throws(RunError) {
        guard try HelperProgram.run("/bin/tar", arguments, quiet: false).status == 0 else {
            throw RunError(.failed, "cannot \(purpose)")
        }
    }

    /// The path of a copy called `name`: `target`, or a place in that folder.
    private static func freePath(_ target: String, name: String, replacing: Bool) throws(RunError) -> String {
        var isFolder: ObjCBool = false
        // The flag outlives the call.
        var path = URL(fileURLWithPath: target).standardizedFileURL.path
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return path }
        if isFolder.boolValue {
            path += "/\(name)"
            guard FileManager.default.fileExists(atPath: path) else { return path }
        }
        if replacing { return path }
        throw RunError(.usage, "\(path) is there already: name another place")
    }

    private static func makeFolder(beside path: String) throws(RunError) -> String {
        let folder =
            (path as NSString).deletingLastPathComponent
            + "/.almanac-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        } catch {
            throw RunError(.usage, "cannot write beside \(path): \(error.localizedDescription)")
        }
        return folder
    }
}
