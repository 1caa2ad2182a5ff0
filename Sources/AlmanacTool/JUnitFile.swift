internal import Foundation
internal import Glibc
internal import Lab
internal import Posix
internal import Report
internal import SystemPackage

/// The file that `--junit` names. It is opened before the run begins, so that an unwritable path is reported at once.
struct JUnitFile: ~Copyable {
    private let path: String
    private let file: Descriptor

    /// - Parameter runFolder: the folder that the run replaces; nil when no run begins.
    init(path: String, runFolder: String?) throws(RunError) {
        let place = URL(fileURLWithPath: path).standardizedFileURL.path
        if let runFolder,
            place.hasPrefix(URL(fileURLWithPath: runFolder).standardizedFileURL.path + "/")
        {
            throw RunError(
                .usage,
                "--junit \(path) is in the run folder \(runFolder), which is replaced: name a file elsewhere")
        }
        let file: Descriptor
        do throws(Errno) {
            file = try Posix.open(path, [.writeOnly, .create, .truncate])
        } catch {
            throw RunError(.environment, "cannot write the JUnit report \(path): \(error)")
        }
        self.path = path
        self.file = file
    }

    /// Writes the report.
    func write(_ report: JUnitReport) throws(RunError) {
        do throws(Errno) {
            try file.writeAll(Array(report.xml.utf8))
        } catch {
            throw RunError(.environment, "cannot write the JUnit report \(path): \(error)")
        }
    }
}
