internal import Lab
internal import LabPlan

/// Makes the roots of a lab's machines that do not have the host's, and puts what its images say into the plan.
///
/// - Parameter options: `filesFolder` is where relative paths start.
func prepareRoots(of plan: inout LabPlan, _ options: inout LabRun.Options) throws(RunError) {
    guard plan.machines.contains(where: { $0.software.root != nil }) else { return }
    let store = try RootStore { standardError($0) }
    let (prepared, roots) = try store.prepare(plan, filesFolder: options.filesFolder)
    plan = prepared
    options.guestFiles?.roots = roots
}
