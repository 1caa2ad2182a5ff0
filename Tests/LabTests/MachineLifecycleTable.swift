/// What a machine does in each state at each event: the next state, the actions, then how it ended and whether it failed.
enum MachineLifecycleTable {
    static let text = """
        launched
          ignores begin pause resume program-ended power-off-due restart
          started > booting
          started-model > ready
          configured > ready: announceReady
          faults-over > ending-crash-unstarted: awaitEnd, cutPower
          shut-down > ending-crash-unstarted: awaitEnd, cutPower
          bye > leaving-untold: setPowerOffAlarm
          left > ending-crash-unstarted: awaitEnd, cutPower
          left-violation > ending-violation: report(problem), awaitEnd, cutPower
          violated > ending-violation: report(problem), awaitEnd, cutPower
          power-loss > ending-power-loss: interruptCommands, awaitEnd, cutPower
          power-loss-boots > ending-power-loss-boots: interruptCommands, awaitEnd, cutPower
          process-ended > ended: finish | never connected to the calendar: status | failed
          cut-off > ended: killProcess, finish | cut off | failed

        booting
          ignores started started-model begin resume program-ended power-off-due restart
          configured > ready: announceReady
          pause > booting-paused: pauseTime
          faults-over > ending-crash: awaitEnd, cutPower
          shut-down > ending-crash: awaitEnd, cutPower
          bye > leaving-untold: setPowerOffAlarm
          left > ending-crash: awaitEnd, cutPower
          left-violation > ending-violation: report(problem), awaitEnd, cutPower
          violated > ending-violation: report(problem), awaitEnd, cutPower
          power-loss > ending-power-loss: interruptCommands, awaitEnd, cutPower
          power-loss-boots > ending-power-loss-boots: interruptCommands, awaitEnd, cutPower
          process-ended > ended: finish | status | failed
          cut-off > ended: killProcess, finish | cut off | failed

        booting-paused
          ignores started started-model begin pause program-ended power-off-due restart
          configured > ready-paused: announceReady
          resume > booting: resumeTime
          faults-over > ending-crash: awaitEnd, cutPower
          shut-down > ending-crash: awaitEnd, cutPower
          bye > leaving-untold: resumeTime, setPowerOffAlarm
          left > ending-crash: awaitEnd, cutPower
          left-violation > ending-violation: report(problem), awaitEnd, cutPower
          violated > ending-violation: report(problem), awaitEnd, cutPower
          power-loss > ending-power-loss: interruptCommands, awaitEnd, cutPower
          power-loss-boots > ending-power-loss-boots: interruptCommands, awaitEnd, cutPower
          process-ended > ended: finish | status | failed
          cut-off > ended: killProcess, finish | cut off | failed

        ready
          ignores started started-model configured resume faults-over program-ended power-off-due restart
          begin > running: startCommands
          pause > ready-paused: pauseTime
          shut-down > stopping: requestShutdown
          bye > leaving-untold: setPowerOffAlarm
          left > ending-crash: awaitEnd, cutPower
          left-violation > ending-violation: report(problem), awaitEnd, cutPower
          violated > ending-violation: report(problem), awaitEnd, cutPower
          power-loss > ending-power-loss: interruptCommands, awaitEnd, cutPower
          power-loss-boots > ending-power-loss-boots: interruptCommands, awaitEnd, cutPower
          process-ended > ended: finish | status | failed
          cut-off > ended: killProcess, finish | cut off | failed

        ready-paused
          ignores started started-model configured pause program-ended power-off-due restart
          begin > running-paused: startCommands
          resume > ready: resumeTime
          faults-over > ready: resumeTime
          shut-down > stopping: resumeTime, requestShutdown
          bye > leaving-untold: resumeTime, setPowerOffAlarm
          left > ending-crash: awaitEnd, cutPower
          left-violation > ending-violation: report(problem), awaitEnd, cutPower
          violated > ending-violation: report(problem), awaitEnd, cutPower
          power-loss > ending-power-loss: interruptCommands, awaitEnd, cutPower
          power-loss-boots > ending-power-loss-boots: interruptCommands, awaitEnd, cutPower
          process-ended > ended: finish | status | failed
          cut-off > ended: killProcess, finish | cut off | failed

        running
          ignores started started-model configured begin resume faults-over program-ended power-off-due \
        restart
          pause > running-paused: pauseTime
          shut-down > stopping: requestShutdown
          bye > leaving-untold: setPowerOffAlarm
          left > ending-crash: awaitEnd, cutPower
          left-violation > ending-violation: report(problem), awaitEnd, cutPower
          violated > ending-violation: report(problem), awaitEnd, cutPower
          power-loss > ending-power-loss: interruptCommands, awaitEnd, cutPower
          power-loss-boots > ending-power-loss-boots: interruptCommands, awaitEnd, cutPower
          process-ended > ended: finish | status | failed
          cut-off > ended: killProcess, finish | cut off | failed

        running-paused
          ignores started started-model configured begin pause program-ended power-off-due restart
          resume > running: resumeTime
          faults-over > running: resumeTime
          shut-down > stopping: resumeTime, requestShutdown
          bye > leaving-untold: resumeTime, setPowerOffAlarm
          left > ending-crash: awaitEnd, cutPower
          left-violation > ending-violation: report(problem), awaitEnd, cutPower
          violated > ending-violation: report(problem), awaitEnd, cutPower
          power-loss > ending-power-loss: interruptCommands, awaitEnd, cutPower
          power-loss-boots > ending-power-loss-boots: interruptCommands, awaitEnd, cutPower
          process-ended > ended: finish | status | failed
          cut-off > ended: killProcess, finish | cut off | failed

        stopping
          ignores started started-model configured begin pause resume faults-over shut-down restart
          bye > leaving-told
          program-ended > ended: finish | stopped
          left > ending-crash: awaitEnd, cutPower
          left-violation > ending-violation: report(problem), awaitEnd, cutPower
          violated > ending-violation: report(problem), awaitEnd, cutPower
          power-off-due > ending-violation: report(it has not powered off within 1min), awaitEnd, cutPower
          power-loss > ending-power-loss: interruptCommands, awaitEnd, cutPower
          power-loss-boots > ending-power-loss-boots: interruptCommands, awaitEnd, cutPower
          process-ended > ended: finish | status | failed
          cut-off > ended: killProcess, finish | cut off | failed

        leaving-told
          ignores started started-model configured begin pause resume faults-over shut-down bye \
        program-ended restart
          left > ending-off-told: awaitEnd
          left-violation > ending-violation: report(problem), awaitEnd, cutPower
          violated > ending-violation: report(problem), awaitEnd, cutPower
          power-off-due > ending-violation: report(it announced that it powers off and has not done so within 1min), \
        awaitEnd, cutPower
          power-loss > ending-power-loss: interruptCommands, awaitEnd, cutPower
          power-loss-boots > ending-power-loss-boots: interruptCommands, awaitEnd, cutPower
          process-ended > ended: finish | powered off
          cut-off > ended: killProcess, finish | cut off | failed

        leaving-untold
          ignores started started-model configured begin pause resume faults-over shut-down bye \
        program-ended restart
          left > ending-off-untold: awaitEnd
          left-violation > ending-violation: report(problem), awaitEnd, cutPower
          violated > ending-violation: report(problem), awaitEnd, cutPower
          power-off-due > ending-violation: report(it announced that it powers off and has not done so within 1min), \
        awaitEnd, cutPower
          power-loss > ending-power-loss: interruptCommands, awaitEnd, cutPower
          power-loss-boots > ending-power-loss-boots: interruptCommands, awaitEnd, cutPower
          process-ended > ended: finish | powered off | failed
          cut-off > ended: killProcess, finish | cut off | failed

        ending-off-told
          ignores started started-model configured begin pause resume faults-over shut-down bye \
        program-ended left left-violation violated power-off-due power-loss restart
          power-loss-boots > ending-off-told-boots
          process-ended > ended: releaseTime, finish | powered off
          cut-off > ended: killProcess, releaseTime, finish | cut off | failed

        ending-off-told-boots
          ignores started started-model configured begin pause resume shut-down bye program-ended left \
        left-violation violated power-off-due power-loss power-loss-boots
          faults-over > ending-off-told
          restart > ending-off-told
          process-ended > ended-boots: releaseTime, finish | powered off
          cut-off > ended-boots: killProcess, releaseTime, finish | cut off | failed

        ending-off-untold
          ignores started started-model configured begin pause resume faults-over shut-down bye \
        program-ended left left-violation violated power-off-due power-loss restart
          power-loss-boots > ending-off-untold-boots
          process-ended > ended: releaseTime, finish | powered off | failed
          cut-off > ended: killProcess, releaseTime, finish | cut off | failed

        ending-off-untold-boots
          ignores started started-model configured begin pause resume shut-down bye program-ended left \
        left-violation violated power-off-due power-loss power-loss-boots
          faults-over > ending-off-untold
          restart > ending-off-untold
          process-ended > ended-boots: releaseTime, finish | powered off | failed
          cut-off > ended-boots: killProcess, releaseTime, finish | cut off | failed

        ending-crash
          ignores started started-model configured begin pause resume faults-over shut-down bye \
        program-ended left left-violation violated power-off-due power-loss restart
          power-loss-boots > ending-crash-boots
          process-ended > ended: releaseTime, finish | status | failed
          cut-off > ended: killProcess, releaseTime, finish | cut off | failed

        ending-crash-boots
          ignores started started-model configured begin pause resume shut-down bye program-ended left \
        left-violation violated power-off-due power-loss power-loss-boots
          faults-over > ending-crash
          restart > ending-crash
          process-ended > ended-boots: releaseTime, finish | status | failed
          cut-off > ended-boots: killProcess, releaseTime, finish | cut off | failed

        ending-crash-unstarted
          ignores started started-model configured begin pause resume faults-over shut-down bye \
        program-ended left left-violation violated power-off-due power-loss restart
          power-loss-boots > ending-crash-unstarted-boots
          process-ended > ended: releaseTime, finish | never connected to the calendar: status | failed
          cut-off > ended: killProcess, releaseTime, finish | cut off | failed

        ending-crash-unstarted-boots
          ignores started started-model configured begin pause resume shut-down bye program-ended left \
        left-violation violated power-off-due power-loss power-loss-boots
          faults-over > ending-crash-unstarted
          restart > ending-crash-unstarted
          process-ended > ended-boots: releaseTime, finish | never connected to the calendar: status | \
        failed
          cut-off > ended-boots: killProcess, releaseTime, finish | cut off | failed

        ending-power-loss
          ignores started started-model configured begin pause resume faults-over shut-down bye \
        program-ended left left-violation violated power-off-due power-loss restart
          power-loss-boots > ending-power-loss-boots
          process-ended > ended: releaseTime, finish | killed by a fault
          cut-off > ended: killProcess, releaseTime, finish | cut off | failed

        ending-power-loss-boots
          ignores started started-model configured begin pause resume shut-down bye program-ended left \
        left-violation violated power-off-due power-loss power-loss-boots
          faults-over > ending-power-loss
          restart > ending-power-loss
          process-ended > ended-boots: releaseTime, finish | killed by a fault
          cut-off > ended-boots: killProcess, releaseTime, finish | cut off | failed

        ending-violation
          ignores started started-model configured begin pause resume faults-over shut-down bye \
        program-ended left left-violation violated power-off-due power-loss restart
          power-loss-boots > ending-violation-boots
          process-ended > ended: releaseTime, finish | ended: reason | failed
          cut-off > ended: killProcess, releaseTime, finish | cut off | failed

        ending-violation-boots
          ignores started started-model configured begin pause resume shut-down bye program-ended left \
        left-violation violated power-off-due power-loss power-loss-boots
          faults-over > ending-violation
          restart > ending-violation
          process-ended > ended-boots: releaseTime, finish | ended: reason | failed
          cut-off > ended-boots: killProcess, releaseTime, finish | cut off | failed

        ended
          ignores started started-model configured begin pause resume faults-over shut-down bye \
        program-ended left left-violation violated power-off-due power-loss process-ended cut-off
          power-loss-boots > ended-boots
          restart > launched: announceRestart(-), boot | boot 2 at 5

        ended-boots
          ignores started started-model configured begin pause resume shut-down bye program-ended left \
        left-violation violated power-off-due power-loss power-loss-boots process-ended cut-off
          faults-over > ended
          restart > launched: announceRestart(-), boot | boot 2 at 5

        launched in boot 2
          ignores begin pause resume program-ended power-off-due restart
          started > booting
          started-model > ready
          configured > ready: announceReady
          faults-over > ending-power-loss: interruptCommands, awaitEnd, cutPower
          shut-down > ending-power-loss: interruptCommands, awaitEnd, cutPower
          bye > leaving-untold: setPowerOffAlarm
          left > ending-crash-unstarted: awaitEnd, cutPower
          left-violation > ending-violation: report(problem), awaitEnd, cutPower
          violated > ending-violation: report(problem), awaitEnd, cutPower
          power-loss > ending-power-loss: interruptCommands, awaitEnd, cutPower
          power-loss-boots > ending-power-loss-boots: interruptCommands, awaitEnd, cutPower
          process-ended > ended: finish | never connected to the calendar: status | failed
          cut-off > ended: killProcess, finish | cut off | failed

        booting in boot 2
          ignores started started-model begin resume program-ended power-off-due restart
          configured > ready: announceReady
          pause > booting-paused: pauseTime
          faults-over > ending-power-loss: interruptCommands, awaitEnd, cutPower
          shut-down > ending-power-loss: interruptCommands, awaitEnd, cutPower
          bye > leaving-untold: setPowerOffAlarm
          left > ending-crash: awaitEnd, cutPower
          left-violation > ending-violation: report(problem), awaitEnd, cutPower
          violated > ending-violation: report(problem), awaitEnd, cutPower
          power-loss > ending-power-loss: interruptCommands, awaitEnd, cutPower
          power-loss-boots > ending-power-loss-boots: interruptCommands, awaitEnd, cutPower
          process-ended > ended: finish | status | failed
          cut-off > ended: killProcess, finish | cut off | failed

        booting-paused in boot 2
          ignores started started-model begin pause program-ended power-off-due restart
          configured > ready-paused: announceReady
          resume > booting: resumeTime
          faults-over > ending-power-loss: interruptCommands, awaitEnd, cutPower
          shut-down > ending-power-loss: interruptCommands, awaitEnd, cutPower
          bye > leaving-untold: resumeTime, setPowerOffAlarm
          left > ending-crash: awaitEnd, cutPower
          left-violation > ending-violation: report(problem), awaitEnd, cutPower
          violated > ending-violation: report(problem), awaitEnd, cutPower
          power-loss > ending-power-loss: interruptCommands, awaitEnd, cutPower
          power-loss-boots > ending-power-loss-boots: interruptCommands, awaitEnd, cutPower
          process-ended > ended: finish | status | failed
          cut-off > ended: killProcess, finish | cut off | failed
        """
}
