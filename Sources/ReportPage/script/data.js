// The run's data, as TimelineData+JSON.swift writes it.

import { byId } from './dom.js';

export const data = JSON.parse(byId('data').textContent);
