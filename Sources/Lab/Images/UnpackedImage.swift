internal import Foundation
internal import Posix
internal import SystemPackage
internal import Trace

/// The files of a root, in a folder of the host.
struct UnpackedImage {
    let folder: String

    /// What umoci notes of a file's owner when it may not set it (protobuf: 1 user, 2 group), as the rootlesscontainers project has it.
    private static let ownerAttribute = "user.rootlesscontainers"

    /// Owners and modes of all files, as mksquashfs takes them from a file: `"PATH" m MODE USER GROUP`. Makes every file readable here.
    var owners: String {
        get throws(RunError) {
            var text = ""
            try visit("") { (path, status) throws(RunError) in
                guard !path.contains("\n") else {
                    throw RunError(.usage, "a file's name has a newline: '\(path)'")
                }
                let full = "\(folder)/\(path)"
                let mode = status.permissions
                if !status.isLink, mode & 0o400 == 0 || status.isFolder && mode & 0o500 != 0o500 {
                    _ = unsafe chmod(full, mode_t(mode | (status.isFolder ? 0o700 : 0o400)))
                }
                let owner = Self.owner(
                    in: status.isLink ? [] : Posix.attribute(Self.ownerAttribute, of: full))
                let name = path.replacingOccurrences(of: "\\", with: "\\\\")
                    .replacingOccurrences(of: "\"", with: "\\\"")
                text += "\"\(name)\" m \(String(mode, radix: 8)) \(owner.user) \(owner.group)\n"
            }
            return text
        }
    }

    /// Changes when a file is added, removed, or changed.
    var stamp: String {
        get throws(RunError) {
            var words: [UInt8] = []
            try visit("") { (path, status) throws(RunError) in
                words += Array("\(path)\0\(status.stamp)\n".utf8)
            }
            return TraceHash.text(TraceHash.of(Array("\(folder)\n".utf8) + words))
        }
    }

    /// Removes a folder with all that is in it, also folders that may not be entered.
    static func remove(_ folder: String) {
        guard FileManager.default.fileExists(atPath: folder) else { return }
        // Entering is all that can fail; what cannot be removed stays.
        try? UnpackedImage(folder: folder).visit("") { (path, status) throws(RunError) in
            if status.isFolder { _ = unsafe chmod("\(folder)/\(path)", 0o700) }
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Calls for each file below a folder, folders before what is in them, in the order of their names.
    private func visit(_ path: String, _ body: (String, EntryStatus) throws(RunError) -> Void)
        throws(RunError)
    {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(
                atPath: path.isEmpty ? folder : "\(folder)/\(path)"
            ).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        } catch {
            throw RunError(.usage, "cannot read \(folder)/\(path): \(error.localizedDescription)")
        }
        for name in names {
            let inner = path.isEmpty ? name : "\(path)/\(name)"
            let status: EntryStatus
            do throws(Errno) {
                status = try EntryStatus(of: "\(folder)/\(inner)")
            } catch {
                throw RunError(.usage, "cannot read \(folder)/\(inner): \(error)")
            }
            try body(inner, status)
            if status.isFolder { try visit(inner, body) }
        }
    }

    /// Two fields of varints; what is missing is 0.
    private static func owner(in bytes: [UInt8]) -> (user: UInt64, group: UInt64) {
        var rest = bytes[...]
        var owner: (user: UInt64, group: UInt64) = (0, 0)
        while let field = varint(&rest), let value = varint(&rest) {
            if field == 1 << 3 { owner.user = value }
            if field == 2 << 3 { owner.group = value }
        }
        return owner
    }

    private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 35, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }
}
