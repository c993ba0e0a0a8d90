/** The same object, whose async methods throw what `classify` makes of their errors. */
export function classErrors<T extends object>(target: T, classify: (thrown: unknown) => Error): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name);
      if (typeof value !== "function") return value;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        try {
          return await Reflect.apply(value, object, args);
        } catch (error) {
          throw classify(error);
        }
      };
    },
  });
}
