package dev.restbus.broker.log;

import java.nio.file.Path;

/**
 * What those who work on one log share.
 *
 * @param forced also the lock that is held to force, to write what is known of the log, and to take
 *     segments out; taken behind that of the appends where both are
 */
record LogParts(
        Disk disk,
        Path folder,
        LeaderEpochs epochs,
        Segments segments,
        LogState state,
        LogEnds ends,
        LogFence fence,
        LogForce forced) {}
