internal import Foundation
internal import Lab
internal import Synchronization

/// Lets a run go on in this thread while somebody visits it from another.
enum Attendance {
    private final class Outcome: Sendable {
        private let value = Mutex<Result<Int32, RunError>?>(nil)

        var result: Result<Int32, RunError>? {
            get { value.withLock { $0 } }
            set { value.withLock { $0 = newValue } }
        }
    }

    /// Returns when the visit is over, or the run.
    ///
    /// - Parameter visit: runs in a thread of its own, and blocks there.
    /// - Returns: what the visit returned; nil: the run was interrupted.
    static func attend(
        _ run: LabRun, visit: @escaping @Sendable (Visitor) throws(RunError) -> Int32
    ) throws -> Int32? {
        let outcome = Outcome()
        let visitor = Visitor(folder: run.folderPath)
        let thread = Thread {
            outcome.result = Result { () throws(RunError) in try visit(visitor) }
            // The run may wait: it has to see that the visit is over.
            _ = try? visitor.state()
        }
        thread.start()
        while outcome.result == nil, try run.step() {}
        run.close()
        while outcome.result == nil { Thread.sleep(forTimeInterval: 0.005) }
        if run.wasInterrupted { return nil }
        return try outcome.result?.get()
    }
}
