package dev.restbus.coordinator.journal;

/**
 * One fact in the coordinator's journal. An event is a record that says what has become of the
 * state, never what was asked for, so that a replay by newer code gives the same state. Its JSON
 * form is stable: members are added only with a meaning for their absence; any other change is a
 * new version of the event.
 */
public interface Event {}
