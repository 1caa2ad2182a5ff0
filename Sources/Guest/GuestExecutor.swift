internal import Glibc
internal import Synchronization

/// Runs a guest's Swift code in one thread, first come first served, so that its order is the same in every run; and
/// reports when nothing is runnable. Its owner calls `runNext` until then.
package final class GuestExecutor: TaskExecutor {
    private struct Arrivals {
        var jobs: ContiguousArray<UnownedJob> = []
        var calls: [@Sendable () -> Void] = []
    }

    private let arrivals = Mutex(Arrivals())
    /// The thread that runs the jobs; nothing else in here is touched by another.
    private let thread = pthread_self()
    private nonisolated(unsafe) var batch: ContiguousArray<UnownedJob> = []
    private nonisolated(unsafe) var nextInBatch = 0

    /// An executor whose jobs the calling thread runs.
    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        arrivals.withLock { $0.jobs.append(job) }
    }

    /// The calling thread is the one that runs the jobs.
    package var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }

    /// Calls `body` in the executor's thread: now if this is it, else before its next job.
    func call(_ body: @escaping @Sendable () -> Void) {
        if isCurrent { body() } else { arrivals.withLock { $0.calls.append(body) } }
    }

    /// Runs the first runnable job, if there is one.
    package func runNext() -> Bool {
        precondition(isCurrent, "a guest's jobs run in the thread that made the guest")
        if unsafe nextInBatch == batch.count, !refill() { return false }
        let job = unsafe batch[nextInBatch]
        unsafe nextInBatch += 1
        // The job is taken out of the queue exactly once.
        unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        return true
    }

    /// Runs jobs until none is runnable.
    package func runAll() { while runNext() {} }

    private func refill() -> Bool {
        unsafe batch.removeAll(keepingCapacity: true)
        unsafe nextInBatch = 0
        var calls: [@Sendable () -> Void] = []
        arrivals.withLock { arrivals in
            unsafe swap(&batch, &arrivals.jobs)
            calls = arrivals.calls
            arrivals.calls = []
        }
        for call in calls { call() }
        if unsafe batch.isEmpty, !calls.isEmpty { return refill() }
        return unsafe !batch.isEmpty
    }
}
