internal import Foundation
internal import LabPlan

/// The files of a machine, piece by piece, as its init gets them.
struct FilePieces {
    /// Longest piece, bytes.
    static let length = 256 * 1024

    private var files: ArraySlice<FilePlan>
    /// Where paths of the host begin that are not absolute.
    private let folder: String
    /// Bytes of the first file that were given.
    private var offset: UInt64 = 0

    init(_ files: [FilePlan] = [], folder: String = ".") {
        self.files = files[...]
        self.folder = folder
    }

    /// The next piece; nil after the last. Throws when a file of the host cannot be read.
    mutating func next() throws(RunError) -> ControlRequest? {
        guard let file = files.first else { return nil }
        let isFirst = offset == 0
        let bytes = try piece(of: file)
        offset += UInt64(bytes.count)
        if bytes.count < Self.length {
            files.removeFirst()
            offset = 0
        }
        return .file(path: file.path, mode: UInt32(file.mode), bytes: bytes, isFirst: isFirst)
    }

    /// The host's path of a file that `from` names.
    static func path(of name: String, in folder: String) -> String {
        name.hasPrefix("/") ? name : "\(folder)/\(name)"
    }

    private func piece(of file: FilePlan) throws(RunError) -> [UInt8] {
        switch file.contents {
        case .inline(let text): return Array(text.utf8.dropFirst(Int(offset)).prefix(Self.length))
        case .from(let name):
            let path = Self.path(of: name, in: folder)
            do {
                let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
                try handle.seek(toOffset: offset)
                return Array(try handle.read(upToCount: Self.length) ?? Data())
            } catch {
                throw RunError(.usage, "cannot read \(path) for \(file.path)")
            }
        }
    }
}
