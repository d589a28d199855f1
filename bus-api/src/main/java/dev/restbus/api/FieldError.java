package dev.restbus.api;

/**
 * One fault in a request.
 *
 * @param pointer where: a JSON pointer into the body ({@code /records/3/partition}), or the name of
 *     a query parameter or header
 * @param message what is wrong there, for a person
 */
public record FieldError(String pointer, String message) {}
