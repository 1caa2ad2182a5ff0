import FoundationEssentials
import Glibc
import Posix
import Testing

/// A folder that is gone after the test, with a name nobody else has.
struct Folder: ~Copyable {
    let path: String

    init(in parent: String = "/tmp") {
        var template = Array("\(parent)/almanac posix XXXXXX".utf8CString)
        // mkdtemp writes the name over the template.
        path = unsafe template.withUnsafeMutableBufferPointer { room in
            unsafe String(cString: mkdtemp(room.baseAddress!))
        }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

extension Descriptor {
    /// Up to 4096 bytes that can be read now, as text; nil when none can.
    borrowing func text() -> String? {
        var room = [UInt8](repeating: 0, count: 4096)
        let count = unsafe room.withUnsafeMutableBytes { buffer in unsafe (try? read(into: buffer)) ?? -1 }
        return count < 0 ? nil : String(decoding: room.prefix(count), as: UTF8.self)
    }
}

/// What the descriptor `number` is open on, nil when it is closed.
func target(of number: CInt) -> String? {
    var room = [UInt8](repeating: 0, count: 4096)
    let count = unsafe room.withUnsafeMutableBytes { buffer in
        unsafe readlink("/proc/self/fd/\(number)", buffer.bindMemory(to: CChar.self).baseAddress!, 4096)
    }
    return count < 0 ? nil : String(decoding: room.prefix(count), as: UTF8.self)
}

/// The text of a whole file, nil when there is none.
func contents(of path: String) -> String? {
    guard let file = try? Posix.open(path, .readOnly) else { return nil }
    var text = ""
    while let more = file.text(), !more.isEmpty { text += more }
    return text
}

func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

/// Asks again every millisecond until `condition` holds, for ten seconds at most.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<10_000 {
        if try condition() { return true }
        usleep(1000)
    }
    return false
}
