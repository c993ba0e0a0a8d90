import type { DataSource } from "@deskmirror/model";
import type { MirrorParts } from "@deskmirror/sync/open-mirror";

/** The registry of the one data source of a history. */
export interface HistoryRegistry {
  readonly port: MirrorParts["registry"];
  current(): DataSource;
  change(patch: Partial<DataSource>): void;
}

/** Keeps a data source; `onChange` hears of every change of it. */
export function createHistoryRegistry(
  first: DataSource,
  { serviceUrl, onChange }: { readonly serviceUrl: string; readonly onChange: (dataSource: DataSource) => void },
): HistoryRegistry {
  let dataSource = first;

  function change(patch: Partial<DataSource>): void {
    dataSource = { ...dataSource, ...patch };
    onChange(dataSource);
  }

  return {
    current: () => dataSource,
    change,
    port: {
      get: async () => dataSource,
      async update(_name, patch) {
        change(typeof patch === "function" ? patch(dataSource) : patch);
        return dataSource;
      },
      serviceUrl: () => serviceUrl,
    },
  };
}
